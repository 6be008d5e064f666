import { Button, Select, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../../api/session";
import { openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { formatBytes } from "../../ui/units";
import { useDelayed } from "../../ui/useDelayed";
import { may, ownsGroup } from "../access";
import classes from "../Admin.module.css";
import { DataTable, enterTable } from "../DataTable";
import { diskUseQuery } from "../disk/use";
import { groupsQuery, joinMemberships, membershipsQuery, nameOf, peopleQuery, type UserGroup } from "../data";
import { type Column, searchRows, sortRows } from "../table";
import { useTableUrl } from "../useTableUrl";
import { AddGroup } from "./AddGroup";
import { LEVELS } from "./levels";

interface Row extends UserGroup { members: number; owners: string; bytes: number | null }

const COLUMNS: Column<Row>[] = [
  { key: "name", label: "Name", value: (row) => row.name, width: "22%" },
  { key: "level", label: "Level", value: (row) => LEVELS.findIndex((level) => level.value === row.level), cell: (row) => row.level, width: 120, isSearched: false },
  { key: "members", label: "Members", value: (row) => row.members, width: 92, align: "right", isSearched: false },
  { key: "bytes", label: "Kept here", value: (row) => row.bytes, width: 96, align: "right", isSearched: false, cell: (row) => (row.bytes === null ? "" : formatBytes(row.bytes)) },
  { key: "owners", label: "Owners", value: (row) => row.owners, width: "23%" },
  { key: "description", label: "Description", value: (row) => row.description },
];
const SHOWN = [{ value: "", label: "Every level" }, ...LEVELS.map(({ value, label }) => ({ value: value, label }))];

function useRows() {
  const session = useSession();
  const [people, groups, memberships] = [useQuery(peopleQuery), useQuery(groupsQuery), useQuery(membershipsQuery)];
  // Of disks only administrators are told; the table does not wait for it.
  const use = useQuery({ ...diskUseQuery("group"), enabled: !!session?.user.is_admin }).data;
  const queries = [people, groups, memberships];
  const error = queries.find((query) => query.error)?.error ?? null;
  const retry = () => void Promise.all(queries.map((query) => query.refetch()));
  if (!people.data || !groups.data || !memberships.data) return { rows: null, error, retry };
  const names = new Map(people.data.map((person) => [person.id, nameOf(person)]));
  const { ofGroup } = joinMemberships(memberships.data);
  const own = session?.user.is_admin ? groups.data : groups.data.filter((group) => ownsGroup(session, group.id));
  const rows = own.map((group): Row => {
    const members = ofGroup.get(group.id) ?? [];
    const owners = members.filter((member) => member.owner).map((member) => names.get(member.child_id) ?? "").sort();
    return { ...group, members: members.length, owners: owners.join(", "), bytes: use?.items.find((item) => item.id === group.id)?.total_bytes ?? null };
  });
  return { rows, error, retry };
}

/** All groups for administrators, those they own for everybody else. */
export function GroupsPage() {
  const { rows, error, retry } = useRows();
  const { q, sort, show, change } = useTableUrl("name");
  const isLate = useDelayed(!rows && !error);
  const session = useSession();
  const isMaking = may(session, "ModifyGroup");
  const isAdmin = !!session?.user.is_admin;
  const found = rows && sortRows(searchRows(rows.filter((row) => !show || row.level === show), COLUMNS, q), COLUMNS, sort);
  return (
    <>
      <div className={classes.bar}>
        <h1>Groups</h1>
        {rows && found && <span className="muted" role="status">{found.length === rows.length ? rows.length : `${found.length} of ${rows.length}`}</span>}
        <span className={classes.grow} />
        <Select aria-label="Show" w={140} data={SHOWN} value={show} allowDeselect={false} onChange={(value) => change({ show: value ?? "" })} />
        <TextInput type="search" aria-label="Find groups" placeholder="Name, owner, description" w={240} leftSection={<Icon name="search" size={14} />}
          value={q} onChange={(event) => change({ q: event.currentTarget.value })} onKeyDown={enterTable} />
        {isMaking && <Button leftSection={<Icon name="plus" size={14} />} onClick={() => openDialog("Add a group", (close) => <AddGroup onClose={close} />)}>Add group</Button>}
      </div>
      {error && <Problem error={error} onRetry={retry} />}
      {isLate && <Skeleton height={240} />}
      {found?.length === 0 && <Empty icon="group" title="No group fits."><Button variant="default" onClick={() => change({ q: "", show: "" })}>Show every group</Button></Empty>}
      {!!found?.length && (
        <DataTable label="Groups" columns={isAdmin ? COLUMNS : COLUMNS.filter((column) => column.key !== "bytes")} rows={found} keyOf={(row) => row.id} sort={sort} onSort={(next) => change({ sort: next })}
          pathOf={(row) => `/admin/groups/${row.id}`} />
      )}
    </>
  );
}
