import { Badge, Code, Select, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { useDelayed } from "../../ui/useDelayed";
import classes from "../Admin.module.css";
import { DataTable } from "../DataTable";
import { type Column, searchRows, sortRows } from "../table";
import { useTableUrl } from "../useTableUrl";
import { CHECKS, readyQuery, type Setting, settingsQuery, tellValue } from "./system";

const COLUMNS: Column<Setting>[] = [
  { key: "name", label: "Setting", value: (row) => row.name, width: 190, cell: (row) => <Code>{row.name}</Code> },
  { key: "value", label: "Value", value: (row) => tellValue(row.value), width: "24%", isWrapping: true, cell: (row) => (row.value === null ? <span className="muted">not set</span> : tellValue(row.value)) },
  {
    key: "origin", label: "From", value: (row) => row.origin, width: 124,
    cell: (row) => (row.origin === "default" ? <span className="muted">default</span> : <Badge variant="light" color="accent" tt="none" fw={500} title={row.variable}>{row.origin}</Badge>),
  },
  { key: "description", label: "What it is", value: (row) => row.description, isWrapping: true },
];
const SHOWN = [{ value: "", label: "All settings" }, { value: "changed", label: "Not by default" }];

/** Whether the server can work, and what it was told. */
export function SystemPage() {
  return (
    <>
      <div className={classes.bar}><h1>Health and settings</h1></div>
      <Health />
      <Settings />
    </>
  );
}

function Health() {
  const ready = useQuery(readyQuery);
  return (
    <section className={classes.section} aria-label="Health">
      <header><h2>Health</h2>{ready.data && <span className={ready.data.is_ready ? "muted" : classes.error} role="status">{ready.data.is_ready ? "Everything works." : "Something needs you."}</span>}</header>
      {ready.error && <Problem error={ready.error} onRetry={() => void ready.refetch()} />}
      {ready.data && (
        <dl className={classes.checks}>
          {Object.entries(ready.data.checks).map(([name, told]) => (
            <div key={name}>
              <dt>{CHECKS[name] ?? name}</dt>
              <dd className={told === "ok" ? "muted" : classes.error}><Icon name={told === "ok" ? "check" : "warning"} size={14} />{told === "ok" ? "works" : told}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function Settings() {
  const settings = useQuery(settingsQuery);
  const { q, sort, show, change } = useTableUrl("name");
  const isLate = useDelayed(settings.isPending);
  const rows = settings.data?.filter((setting) => show !== "changed" || setting.origin !== "default");
  const found = rows && sortRows(searchRows(rows, COLUMNS, q), COLUMNS, sort);
  return (
    <section className={`${classes.section} ${classes.full}`} aria-label="Settings">
      <header>
        <h2>Settings</h2>
        <Select aria-label="Show" w={132} data={SHOWN} value={show} allowDeselect={false} onChange={(value) => change({ show: value ?? "" })} />
        <TextInput type="search" aria-label="Find settings" placeholder="Name, value, meaning" w={200} leftSection={<Icon name="search" size={14} />} value={q} onChange={(event) => change({ q: event.currentTarget.value })} />
      </header>
      {settings.error && <Problem error={settings.error} onRetry={() => void settings.refetch()} />}
      {isLate && <Skeleton height={240} />}
      {found?.length === 0 && <Empty icon="search" title="No setting fits." />}
      {!!found?.length && <DataTable label="Settings" columns={COLUMNS} rows={found} keyOf={(row) => row.name} sort={sort} onSort={(next) => change({ sort: next })} />}
      <p className="muted">Settings are changed where they come from, and hold from the next start of the server.</p>
    </section>
  );
}
