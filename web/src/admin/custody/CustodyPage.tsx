import { Button, Select, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { http } from "../../api/http";
import { useSession } from "../../api/session";
import type { Job } from "../../api/types";
import { openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { sayError } from "../../ui/toasts";
import { formatDate } from "../../ui/units";
import { useDelayed } from "../../ui/useDelayed";
import classes from "../Admin.module.css";
import { DataTable } from "../DataTable";
import { type Column, sortRows } from "../table";
import { useTableUrl } from "../useTableUrl";
import { countProblems, CSV, type Custody, custodyQuery, type FileProblem, KINDS, problemsQuery, tellLast, tellTally } from "./custody";
import { RelinkForm } from "./RelinkForm";

const COLUMNS: Column<FileProblem>[] = [
  { key: "kind", label: "Problem", value: (row) => KINDS[row.kind] ?? row.kind, width: 148 },
  { key: "name", label: "File", value: (row) => row.name, width: "18%" },
  {
    key: "image", label: "Image", value: (row) => row.image, width: "14%",
    cell: (row) => (row.image_id ? <Link className={classes.rowLink} to={`/images/${row.image_id}`}>{row.image}</Link> : <span className="muted">none</span>),
  },
  { key: "reason", label: "What is wrong", value: (row) => row.reason, isWrapping: true },
  { key: "location", label: "Where", value: (row) => row.location, width: "20%" },
  { key: "checked_at", label: "Checked", value: (row) => row.checked_at, width: 148, cell: (row) => formatDate(row.checked_at) },
];
const SHOWN = [{ value: "", label: "All problems" }, ...Object.entries(KINDS).map(([value, label]) => ({ value, label }))];

/** Whether what was imported is still what it was, and what is to be seen to. */
export function CustodyPage() {
  const custody = useQuery(custodyQuery);
  const client = useQueryClient();
  const session = useSession();
  const verify = useMutation({
    mutationFn: () => http.post<Job>("/verifications", {}),
    onSuccess: () => client.invalidateQueries({ queryKey: ["admin", "custody"] }),
    onError: sayError,
  });
  const isRunning = custody.data?.last?.state === "running" || custody.data?.last?.state === "queued";
  return (
    <>
      <div className={classes.bar}>
        <h1>Custody</h1>
        {custody.data && <span className={countProblems(custody.data) ? classes.error : "muted"} role="status">{summaryOf(custody.data)}</span>}
        <span className={classes.grow} />
        {session?.user.privileges === null &&
          <Button variant="default" onClick={() => openDialog("Find files that moved", (close) => <RelinkForm onClose={close} />)}>Find moved files</Button>}
        <Button loading={verify.isPending} disabled={isRunning} onClick={() => verify.mutate()}>Verify now</Button>
      </div>
      {custody.error && <Problem error={custody.error} onRetry={() => void custody.refetch()} />}
      {custody.data && <Overview custody={custody.data} />}
      <Problems endedAt={custody.data?.last?.finished_at ?? ""} />
    </>
  );
}

function summaryOf(custody: Custody): string {
  const count = countProblems(custody);
  if (count) return `${count.toLocaleString("en")} with problems`;
  return custody.originals.checked ? "No problems are known." : "";
}

function Overview({ custody: { originals, pyramids, last, schedule } }: { custody: Custody }) {
  const nights = `between ${schedule.hours.replace("-", " and ")} o'clock, each file every ${schedule.days} days, at most ${schedule.limit_mb_s} MB a second`;
  return (
    <section className={classes.section} aria-label="Overview">
      <dl className={classes.facts}>
        <dt>Originals</dt><dd>{tellTally(originals)}</dd>
        <dt>Pyramids</dt><dd>{tellTally(pyramids)}</dd>
        <dt>Last run</dt><dd aria-live="polite">{tellLast(last)}</dd>
        <dt>At night</dt><dd>{schedule.days ? nights : "never; see MICRARIUM_VERIFY_DAYS"}</dd>
      </dl>
    </section>
  );
}

function Problems({ endedAt }: { endedAt: string }) {
  const { sort, show, change } = useTableUrl("kind");
  const problems = useQuery(problemsQuery(show, endedAt));
  const isLate = useDelayed(problems.isPending);
  const rows = problems.data && sortRows(problems.data.items, COLUMNS, sort);
  return (
    <section className={`${classes.section} ${classes.full}`} aria-label="Problems">
      <header>
        <h2>Problems</h2>
        <Select aria-label="Show" w={160} data={SHOWN} value={show} allowDeselect={false} onChange={(value) => change({ show: value ?? "" })} />
        <Button component="a" href={CSV} download variant="default" leftSection={<Icon name="download" size={14} />}>CSV</Button>
      </header>
      {problems.error && <Problem error={problems.error} onRetry={() => void problems.refetch()} />}
      {isLate && <Skeleton height={160} />}
      {rows?.length === 0 && <Empty icon="check" title={show ? "Nothing of this kind is known." : "Nothing is known to be wrong."} />}
      {!!rows?.length && <DataTable label="Problems of files" columns={COLUMNS} rows={rows} keyOf={(row) => `${row.object} ${row.name}`} sort={sort} onSort={(next) => change({ sort: next })} />}
      {problems.data?.next && <p className="muted">These are the first {rows?.length}; all of them are in the CSV file.</p>}
      <p className="muted">Originals are never changed: bring back a missing or changed one from a backup, then verify again. Damaged pyramids are built anew.</p>
    </section>
  );
}
