import { Button, Progress } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { formatBytes } from "../ui/units";
import { ImportActions } from "../jobs/ImportActions";
import { ImportSummary } from "./ImportSummary";
import { type Batch, isOver, progressOf, type UploadingFile } from "./machine";
import { reviewed } from "./review";
import { cancelUpload } from "./runner";
import classes from "./Upload.module.css";

const SHOWN = 6;

export function BatchRow({ batch }: { batch: Batch }) {
  const client = useQueryClient();
  const { sent, total, filesDone } = progressOf(batch);
  const isImporting = batch.phase === "importing";
  const isWorking = isImporting || batch.phase === "previewing";
  const isReviewing = batch.phase === "reviewing";
  const share = isWorking ? batch.jobProgress * 100 : total ? (sent / total) * 100 : 0;
  const files = [...batch.files].sort((a, b) => rank(a) - rank(b));
  return (
    <div className={classes.batch}>
      <div className={classes.batchHead}>
        <span className="truncate" style={{ flex: 1 }}>{nameOf(batch)} into {batch.target.label}</span>
        {!isOver(batch) && !isImporting && <Button size="compact-xs" variant="default" onClick={() => cancelUpload(batch.key, client)}>Cancel</Button>}
      </div>
      {isReviewing && (
        <div className={classes.batchHead}>
          <span style={{ flex: 1 }}>Nothing is imported yet.</span>
          <Button size="compact-xs" onClick={() => reviewed.set(batch.key)}>Review</Button>
        </div>
      )}
      {!isOver(batch) && !isReviewing && (
        <>
          <Progress.Root size="sm">
            <Progress.Section value={share} aria-label={isImporting ? "Import" : isWorking ? "Looking" : "Upload"} />
          </Progress.Root>
          <div className="muted" role="status">
            {isWorking ? batch.jobMessage || (isImporting ? "Importing" : "Looking for images") : batch.phase === "waiting" ? batch.problem : `${formatBytes(sent)} of ${formatBytes(total)}, ${filesDone} of ${batch.files.length} files`}
          </div>
        </>
      )}
      {!isOver(batch) && !isWorking && !isReviewing && batch.files.length > 1 && (
        <ul className={classes.files}>
          {files.slice(0, SHOWN).map((file) => <FileRow key={file.path} file={file} />)}
          {files.length > SHOWN && <li className="muted">and {files.length - SHOWN} more</li>}
        </ul>
      )}
      {batch.phase === "failed" && <div role="alert" className={classes.failed}>{batch.problem}</div>}
      {batch.phase === "cancelled" && <div className="muted">Cancelled. What had been sent is removed.</div>}
      {batch.result && <ImportSummary result={batch.result} />}
      {batch.jobId !== null && isOver(batch) && <ImportActions jobId={batch.jobId} state={batch.phase === "failed" ? "failed" : "done"} result={batch.result} />}
    </div>
  );
}

function FileRow({ file }: { file: UploadingFile }) {
  const isDone = file.received >= file.size;
  return (
    <li className={classes.file}>
      <span className="truncate" title={file.path}>{file.path}</span>
      <span className="muted">{isDone ? "sent" : file.received || file.isSending ? `${Math.floor((file.received / Math.max(file.size, 1)) * 100)} %` : "waiting"}</span>
    </li>
  );
}

/** What is being sent first, then what waits, then what is done. */
const rank = (file: UploadingFile): number => (file.isSending ? 0 : file.received < file.size ? 1 : 2);

function nameOf(batch: Batch): string {
  if (batch.files.length === 1) return batch.files[0]!.path;
  const folders = new Set(batch.files.map((file) => file.path.split("/")[0]));
  return folders.size === 1 && batch.files[0]!.path.includes("/") ? [...folders][0]! : `${batch.files.length} files`;
}
