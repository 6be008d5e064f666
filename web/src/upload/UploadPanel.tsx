import { ActionIcon } from "@mantine/core";
import { useState } from "react";
import { Icon } from "../ui/icons";
import { useStore } from "../ui/store";
import { BatchRow } from "./BatchRow";
import { isOver } from "./machine";
import { readRemembered } from "./remembered";
import { abandon, batches, dismissUpload } from "./runner";
import classes from "./Upload.module.css";

/** The queue: what is under way, what came of it, and what a closed page left unfinished. */
export function UploadPanel() {
  const list = useStore(batches);
  const [isFolded, setFolded] = useState(false);
  const [left, setLeft] = useState(readRemembered);
  const interrupted = left.filter((upload) => !list.some((batch) => batch.uploadId === upload.uploadId));
  if (list.length === 0 && interrupted.length === 0) return null;
  const running = list.filter((batch) => !isOver(batch)).length;
  const forget = (uploadId: number) => {
    void abandon(uploadId);
    setLeft((before) => before.filter((upload) => upload.uploadId !== uploadId));
  };
  return (
    <section className={classes.panel} aria-label="Imports">
      <header className={classes.panelHead}>
        <strong aria-live="polite">{running ? `${running} ${running === 1 ? "import" : "imports"} under way` : list.length ? "Imports" : "Interrupted imports"}</strong>
        <span style={{ flex: 1 }} />
        <ActionIcon size="sm" aria-label={isFolded ? "Show the imports" : "Fold the imports"} aria-expanded={!isFolded} onClick={() => setFolded(!isFolded)}>
          <span style={{ transform: isFolded ? "rotate(-90deg)" : "rotate(90deg)", display: "flex" }}><Icon name="chevron" size={12} /></span>
        </ActionIcon>
        {running === 0 && (
          <ActionIcon size="sm" aria-label="Close" onClick={() => {
            list.forEach((batch) => dismissUpload(batch.key));
            setLeft([]);
          }}><Icon name="close" size={12} /></ActionIcon>
        )}
      </header>
      {!isFolded && (
        <div className={`${classes.panelBody} scroll`}>
          {interrupted.map((upload) => (
            <div key={upload.uploadId} className={classes.batch}>
              <div>{upload.files.length} {upload.files.length === 1 ? "file" : "files"} into {upload.target.label}: interrupted</div>
              <div className="muted">Drop or choose {upload.files.length === 1 ? upload.files[0]!.path : "the same files"} again to go on where it stopped.</div>
              <button type="button" className={classes.textButton} onClick={() => forget(upload.uploadId)}>Forget it</button>
            </div>
          ))}
          {list.map((batch) => <BatchRow key={batch.key} batch={batch} />)}
        </div>
      )}
    </section>
  );
}
