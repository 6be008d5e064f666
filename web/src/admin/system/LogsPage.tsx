import { Badge, Button, Select, Skeleton, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { useDelayed } from "../../ui/useDelayed";
import classes from "../Admin.module.css";
import { DataTable, enterTable } from "../DataTable";
import type { Column } from "../table";
import { useTableUrl } from "../useTableUrl";
import { type LogLine, logQuery } from "./system";

const COLOR: Record<string, string> = { debug: "gray", info: "gray", warning: "yellow", error: "red", critical: "red" };
const LEVELS = [{ value: "", label: "Everything" }, { value: "warning", label: "Warnings and errors" }, { value: "error", label: "Errors" }];
const timeFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });

const COLUMNS: Column<LogLine>[] = [
  { key: "time", label: "Time", value: (row) => row.time, width: 136, cell: (row) => timeFormat.format(new Date(row.time)) },
  { key: "level", label: "Level", value: (row) => row.level, width: 92, cell: (row) => <Badge variant="light" color={COLOR[row.level] ?? "gray"} tt="none" fw={500}>{row.level}</Badge> },
  { key: "message", label: "Message", value: (row) => row.message, cell: (row) => <LineLink line={row} /> },
  { key: "actor", label: "Who", value: (row) => row.actor, width: 110 },
  { key: "logger", label: "Part", value: (row) => row.logger, width: 160 },
];

function LineLink({ line }: { line: LogLine }) {
  return <UnstyledButton data-row className={classes.lineLink} onClick={() => openDialog("Log line", () => <Line line={line} />)}>{line.message}</UnstyledButton>;
}

function Line({ line }: { line: LogLine }) {
  const { message, traceback, ...rest } = line;
  return (
    <>
      <dl className={classes.facts}>{Object.entries(rest).map(([name, value]) => <div key={name} style={{ display: "contents" }}><dt>{name.replace(/_/g, " ")}</dt><dd>{String(value)}</dd></div>)}</dl>
      <p className={classes.problemText}>{message}</p>
      {traceback && <pre className={classes.traceback}>{traceback}</pre>}
    </>
  );
}

/** The last lines of the server's log, the newest first; asked for anew every ten seconds. */
export function LogsPage() {
  const { q, show, change } = useTableUrl("");
  const [search] = useDebouncedValue(q, 250);
  const log = useQuery(logQuery(show || "info", search));
  const isLate = useDelayed(log.isPending);
  return (
    <>
      <div className={classes.bar}>
        <h1>Log</h1>
        {log.data && <span className="muted" role="status">{log.data.length === 500 ? "the last 500 lines" : `${log.data.length} ${log.data.length === 1 ? "line" : "lines"}`}</span>}
        <span className={classes.grow} />
        <Select aria-label="Show" w={168} data={LEVELS} value={show} allowDeselect={false} onChange={(value) => change({ show: value ?? "" })} />
        <TextInput type="search" aria-label="Find lines" placeholder="Any text" w={240} leftSection={<Icon name="search" size={14} />} value={q}
          onChange={(event) => change({ q: event.currentTarget.value })} onKeyDown={enterTable} />
      </div>
      {log.error && <Problem error={log.error} onRetry={() => void log.refetch()} />}
      {isLate && <Skeleton height={240} />}
      {log.data?.length === 0 && (
        <Empty icon="log" title={q || show ? "No line fits." : "The log is empty."}>{(q || show) && <Button variant="default" onClick={() => change({ q: "", show: "" })}>Show everything</Button>}</Empty>
      )}
      {!!log.data?.length && <DataTable label="Log" columns={COLUMNS} rows={log.data} keyOf={(row) => `${row.time} ${row.request_id ?? ""} ${row.message}`} />}
    </>
  );
}
