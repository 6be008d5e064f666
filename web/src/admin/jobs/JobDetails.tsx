import { formatDate } from "../../ui/units";
import classes from "../Admin.module.css";
import type { JobRow } from "./AllJobsPage";
import { failuresOf, formatSeconds, resultOf } from "./progress";

/** All that is known of a job, with the whole of what went wrong. */
export function JobDetails({ job }: { job: JobRow }) {
  const facts: [string, string][] = [
    ["Kind", job.kind], ["State", job.state], ["Asked for by", job.who], ["Asked for", formatDate(job.created_at)],
    ["Started", formatDate(job.started_at) || "not yet"], ["Ended", formatDate(job.finished_at) || "not yet"], ["Took", formatSeconds(job.seconds) || "nothing yet"],
    ...resultOf(job.result),
  ];
  return (
    <>
      <dl className={classes.facts}>{facts.map(([name, value]) => <FactPair key={name} name={name} value={value} />)}</dl>
      {failuresOf(job.result).map((failure) => <p key={failure} className={`${classes.problemText} ${classes.error}`}>{failure}</p>)}
      {job.outcome && <p className={`${classes.problemText} ${job.state === "failed" ? classes.error : ""}`}>{job.outcome}</p>}
    </>
  );
}

const FactPair = ({ name, value }: { name: string; value: string }) => <><dt>{name}</dt><dd>{value}</dd></>;
