import { ActionIcon, Button, SegmentedControl, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../../api/session";
import { openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { formatBytes } from "../../ui/units";
import { useDelayed } from "../../ui/useDelayed";
import { may } from "../access";
import classes from "../Admin.module.css";
import { DataTable, enterTable } from "../DataTable";
import type { Column } from "../table";
import { searchRows, sortRows } from "../table";
import { useTableUrl } from "../useTableUrl";
import { QuotaForm } from "./QuotaForm";
import { barOf, diskUseQuery, type Use, type UseBy } from "./use";

const BY = [{ value: "group", label: "Groups" }, { value: "user", label: "People" }, { value: "project", label: "Projects" }];
const PATHS: Record<UseBy, string> = { group: "/admin/groups", user: "/admin/people", project: "/projects" };

function columnsOf(by: UseBy, largest: number): Column<Use>[] {
  const counted = (bytes: number, count: number) => (count ? <>{formatBytes(bytes)} <span className="muted">in {count.toLocaleString("en")}</span></> : <span className="muted">none</span>);
  const columns: Column<Use>[] = [
    { key: "name", label: "Name", value: (row) => row.name, width: "22%" },
    { key: "bar", label: "", value: () => null, isSearched: false, cell: (row) => <Bar use={row} largest={largest} /> },
    { key: "total", label: "Kept here", value: (row) => row.total_bytes, width: 92, align: "right", isSearched: false, cell: (row) => formatBytes(row.total_bytes) },
    { key: "originals", label: "Originals", value: (row) => row.original_bytes, width: 132, align: "right", isSearched: false, cell: (row) => counted(row.original_bytes, row.original_count) },
    { key: "pyramids", label: "Pyramids", value: (row) => row.derived_bytes, width: 132, align: "right", isSearched: false, cell: (row) => counted(row.derived_bytes, row.derived_count) },
    { key: "inPlace", label: "Elsewhere", value: (row) => row.in_place_bytes, width: 132, align: "right", isSearched: false, cell: (row) => counted(row.in_place_bytes, row.in_place_count) },
  ];
  if (by === "project") return columns;
  const quota = (row: Use) => (row.quota_bytes === null || row.quota_bytes === undefined ? <span className="muted">no limit</span> : formatBytes(row.quota_bytes));
  return [...columns, { key: "quota", label: "Quota", value: (row) => row.quota_bytes ?? null, width: 88, align: "right", isSearched: false, cell: quota }];
}

function Bar({ use, largest }: { use: Use; largest: number }) {
  const { originals, pyramids, isFull } = barOf(use, largest);
  const of = use.quota_bytes ? `of the quota of ${formatBytes(use.quota_bytes)}` : "against the largest";
  return (
    <div className={classes.meter} data-full={isFull || undefined} data-quota={use.quota_bytes ? true : undefined} role="img"
      aria-label={`${Math.round(originals + pyramids)} % ${of}`} title={`${Math.round(originals + pyramids)} % ${of}`}>
      <div style={{ width: `${originals}%` }} /><div style={{ width: `${pyramids}%` }} />
    </div>
  );
}

/** What is kept by whom, and how much they may keep. */
export function DiskPage() {
  const { q, sort, show, change } = useTableUrl("-total");
  const by = (["group", "user", "project"] as const).find((candidate) => candidate === show) ?? "group";
  const use = useQuery(diskUseQuery(by));
  const isLate = useDelayed(use.isPending);
  const isChanging = may(useSession(), by === "user" ? "ModifyUser" : "ModifyGroup") && by !== "project";
  const columns = columnsOf(by, Math.max(0, ...(use.data?.items ?? []).map((item) => item.total_bytes)));
  const found = use.data && sortRows(searchRows(use.data.items, columns, q), columns, sort);
  const total = use.data?.total;
  return (
    <>
      <div className={classes.bar}>
        <h1>Disk use</h1>
        {total && <span className="muted" role="status">{formatBytes(total.total_bytes)} kept here, {formatBytes(total.in_place_bytes)} elsewhere</span>}
        <span className={classes.grow} />
        <SegmentedControl size="xs" aria-label="By" data={BY} value={by} onChange={(value) => change({ show: value })} />
        <TextInput type="search" aria-label="Find" placeholder="Name" w={180} leftSection={<Icon name="search" size={14} />}
          value={q} onChange={(event) => change({ q: event.currentTarget.value })} onKeyDown={enterTable} />
      </div>
      {use.error && <Problem error={use.error} onRetry={() => void use.refetch()} />}
      {isLate && <Skeleton height={240} />}
      {found?.length === 0 && <Empty icon="disk" title={q ? "Nothing fits." : "Nothing is kept here yet."}>{q && <Button variant="default" onClick={() => change({ q: "" })}>Show all</Button>}</Empty>}
      {!!found?.length && (
        <DataTable label={`Disk use by ${by}`} columns={columns} rows={found} keyOf={(row) => row.id} sort={sort} onSort={(next) => change({ sort: next })}
          pathOf={(row) => `${PATHS[by]}/${row.id}`}
          actions={isChanging ? (row) => (
            <ActionIcon size="sm" aria-label={`Quota of ${row.name}`}
              onClick={() => openDialog(`Quota of ${row.name}`, (close) => <QuotaForm kind={by} use={row} onClose={close} />)}><Icon name="pencil" size={14} /></ActionIcon>
          ) : undefined} />
      )}
      <p className={classes.legend}><span /> originals <span /> pyramids made from them. A bar with a frame is filled against its quota, the others against the largest. Files registered in place lie elsewhere and count for nobody.</p>
    </>
  );
}
