import { Badge, Button, Progress } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { http } from "../api/http";
import { errorOf, isActive } from "../api/jobs";
import type { Job, JobState } from "../api/types";
import { sayError } from "../ui/toasts";
import { formatDate } from "../ui/units";
import { ImportSummary } from "../upload/ImportSummary";
import { describeCounts } from "../upload/reviewing";
import { ImportActions } from "./ImportActions";
import classes from "./Jobs.module.css";

const COLOR: Record<JobState, string> = { queued: "gray", running: "accent", done: "gray", failed: "red", cancelled: "gray" };

export function JobRow({ job }: { job: Job }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => http.delete(`/jobs/${job.id}`),
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
    onError: sayError,
  });
  return (
    <article className={classes.job} aria-label={`${job.kind}, ${job.state}`}>
      <div className={classes.head}>
        <strong>{job.kind}</strong>
        <Badge variant="light" color={COLOR[job.state]} tt="none" fw={500}>{job.state}</Badge>
        <span className="muted">job:{job.id}</span>
        <span style={{ flex: 1 }} />
        <span className="muted">{formatDate(job.created_at)}</span>
        {isActive(job) && <Button size="compact-xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>Cancel</Button>}
      </div>
      {isActive(job) && <Progress value={(job.progress ?? 0) * 100} size="sm" aria-label="Progress" />}
      {job.state === "failed" ? <p role="alert">{errorOf(job)}</p> : job.message && <p className="muted">{job.message}</p>}
      {job.result?.images && <ImportSummary result={isActive(job) ? { ...job.result, not_reached: [] } : job.result} />}
      {job.kind === "import" && !isActive(job) && <ImportActions jobId={job.id} state={job.state} result={job.result} />}
      {job.kind === "preview" && job.result?.counts && <p>{describeCounts(job.result.counts)}</p>}
      {job.result?.download && <p><a href={job.result.download} download>Download</a></p>}
    </article>
  );
}
