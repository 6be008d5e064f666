import { Badge, Button, Progress, Select, Skeleton, TextInput, UnstyledButton } from "@mantine/core";
import { infiniteQueryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../../api/http";
import { useSession } from "../../api/session";
import type { JobState, Page } from "../../api/types";
import { openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { sayError } from "../../ui/toasts";
import { formatDate } from "../../ui/units";
import { useDelayed } from "../../ui/useDelayed";
import { may } from "../access";
import classes from "../Admin.module.css";
import { DataTable, enterTable } from "../DataTable";
import { type AnyJob, nameOf, peopleQuery } from "../data";
import { type Column, searchRows, sortRows } from "../table";
import { useTableUrl } from "../useTableUrl";
import { JobDetails } from "./JobDetails";
import { formatSeconds, secondsOf } from "./progress";

export interface JobRow extends AnyJob { who: string; seconds: number | null; outcome: string }
const COLOR: Record<JobState, string> = { queued: "gray", running: "accent", done: "gray", failed: "red", cancelled: "gray" };
const SHOWN = [
  { value: "", label: "Every state" }, ...(["queued", "running", "done", "failed", "cancelled"] as const).map((state) => ({ value: state, label: state })),
];
const isGoing = (job: AnyJob) => job.state === "queued" || job.state === "running";

const allJobsQuery = (state: string) =>
  infiniteQueryOptions({
    queryKey: ["admin", "jobs", state],
    queryFn: ({ pageParam }) => http.get<Page<AnyJob>>("/admin/jobs", { state: state || null, limit: 100, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some(isGoing)) ? 2000 : 15_000),
  });

const COLUMNS: Column<JobRow>[] = [
  { key: "id", label: "Job", value: (row) => row.id, width: 64, cell: (row) => <JobLink job={row} /> },
  { key: "kind", label: "Kind", value: (row) => row.kind, width: 116 },
  { key: "state", label: "State", value: (row) => row.state, width: 96, cell: (row) => <Badge variant="light" color={COLOR[row.state]} tt="none" fw={500}>{row.state}</Badge> },
  { key: "who", label: "Who", value: (row) => row.who, width: "18%" },
  { key: "progress", label: "Progress", value: (row) => row.progress, width: 110, isSearched: false, cell: (row) => <JobProgress job={row} /> },
  { key: "started", label: "Started", value: (row) => row.started_at, width: 148, isSearched: false, cell: (row) => formatDate(row.started_at) },
  { key: "seconds", label: "Took", value: (row) => row.seconds, width: 96, align: "right", isSearched: false, cell: (row) => formatSeconds(row.seconds) },
  { key: "outcome", label: "What it says", value: (row) => row.outcome, cell: (row) => <span className={row.state === "failed" ? classes.error : "muted"}>{row.outcome}</span> },
];

function JobLink({ job }: { job: JobRow }) {
  const open = () => openDialog(`Job ${job.id}`, () => <JobDetails job={job} />);
  return <UnstyledButton data-row className={classes.rowLink} onClick={open} aria-label={`Job ${job.id}, more`}>{job.id}</UnstyledButton>;
}

function JobProgress({ job }: { job: JobRow }) {
  if (!isGoing(job)) return job.state === "done" ? "" : <span className="muted">{Math.round(job.progress * 100)} %</span>;
  return <Progress value={job.progress * 100} size="sm" aria-label={`Progress of job ${job.id}`} />;
}

function useRows(state: string) {
  const jobs = useInfiniteQuery(allJobsQuery(state));
  const people = useQuery(peopleQuery);
  const names = new Map((people.data ?? []).map((person) => [person.id, nameOf(person)]));
  const who = (id: number) => names.get(id) ?? `experimenter ${id}`;
  const now = jobs.dataUpdatedAt;
  const rows = jobs.data?.pages.flatMap((page) => page.items).map((job): JobRow => ({
    ...job,
    who: job.sudo_experimenter_id === null ? who(job.experimenter_id) : `${who(job.sudo_experimenter_id)} as ${who(job.experimenter_id)}`,
    seconds: secondsOf(job, now),
    outcome: job.state === "failed" ? (job.error?.detail ?? job.error?.title ?? job.message) : job.message,
  }));
  return { jobs, rows };
}

/** What everybody's jobs do, the newest first. */
export function AllJobsPage() {
  const { q, sort, show, change } = useTableUrl("-id");
  const { jobs, rows } = useRows(show);
  const isLate = useDelayed(jobs.isPending);
  const found = rows && sortRows(searchRows(rows, COLUMNS, q), COLUMNS, sort);
  return (
    <>
      <div className={classes.bar}>
        <h1>Jobs</h1>
        {rows && found && <span className="muted" role="status">{found.length === rows.length ? rows.length : `${found.length} of ${rows.length}`}{jobs.hasNextPage && " newest"}</span>}
        <span className={classes.grow} />
        <Select aria-label="Show" w={140} data={SHOWN} value={show} allowDeselect={false} onChange={(value) => change({ show: value ?? "" })} />
        <TextInput type="search" aria-label="Find jobs" placeholder="Kind, person, error" w={240} leftSection={<Icon name="search" size={14} />}
          value={q} onChange={(event) => change({ q: event.currentTarget.value })} onKeyDown={enterTable} />
      </div>
      {jobs.error && <Problem error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {isLate && <Skeleton height={240} />}
      {found?.length === 0 && (
        <Empty icon="jobs" title={q || show ? "No job fits." : "Nobody has asked for a job yet."}>
          {q || show ? <Button variant="default" onClick={() => change({ q: "", show: "" })}>Show all jobs</Button> : "Imports, exports and other long work appear here."}
        </Empty>
      )}
      {!!found?.length && (
        <DataTable label="Jobs" columns={COLUMNS} rows={found} keyOf={(row) => row.id} sort={sort} onSort={(next) => change({ sort: next })}
          actionsWidth={72} actions={(row) => (isGoing(row) ? <CancelJob job={row} /> : null)} />
      )}
      {jobs.hasNextPage && <Button variant="default" mt="sm" loading={jobs.isFetchingNextPage} onClick={() => void jobs.fetchNextPage()}>Older jobs</Button>}
    </>
  );
}

function CancelJob({ job }: { job: AnyJob }) {
  const client = useQueryClient();
  const session = useSession();
  const [isAsked, setAsked] = useState(false);
  const cancel = useMutation({
    mutationFn: () => http.delete(`/jobs/${job.id}`),
    onMutate: () => setAsked(true),
    onError: (error) => {
      setAsked(false);
      sayError(error);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["admin", "jobs"] }),
  });
  if (job.experimenter_id !== session?.user.id && !may(session, "WriteOwned")) return null;
  return <Button size="compact-xs" variant="default" loading={cancel.isPending || isAsked} aria-label={`Cancel job ${job.id}`} onClick={() => cancel.mutate()}>Cancel</Button>;
}
