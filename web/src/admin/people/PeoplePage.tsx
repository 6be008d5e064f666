import { Button, Select, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../../api/session";
import { openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { formatDate } from "../../ui/units";
import { useDelayed } from "../../ui/useDelayed";
import { may, roleOf } from "../access";
import classes from "../Admin.module.css";
import { DataTable, enterTable } from "../DataTable";
import { type Account, groupsQuery, joinMemberships, membershipsQuery, nameOf, peopleQuery, sessionsQuery } from "../data";
import { type Column, searchRows, sortRows } from "../table";
import { useTableUrl } from "../useTableUrl";
import { AddPerson } from "./AddPerson";

interface Row extends Account { name: string; groups: string; signedIn: string | null }
const SHOWN = [{ value: "", label: "Everyone" }, { value: "active", label: "Active" }, { value: "off", label: "Switched off" }, { value: "admin", label: "Administrators" }];

const COLUMNS: Column<Row>[] = [
  { key: "name", label: "Name", value: (row) => row.name, width: "18%" },
  { key: "login", label: "Login", value: (row) => row.ome_name, width: "10%" },
  { key: "email", label: "E-mail", value: (row) => row.email, width: "20%" },
  { key: "groups", label: "Groups", value: (row) => row.groups },
  { key: "role", label: "Role", value: roleOf, width: 128 },
  {
    key: "signedIn", label: "Signed in since", value: (row) => row.signedIn, width: 158, isSearched: false, cell: (row) => formatDate(row.signedIn),
  },
  {
    key: "state", label: "State", value: (row) => (row.is_active ? "active" : "switched off"), width: 104, isSearched: false,
    cell: (row) => (row.is_active ? "Active" : <span className="muted">Switched off</span>),
  },
];

const isShown = (row: Row, show: string): boolean =>
  show === "active" ? row.is_active : show === "off" ? !row.is_active : show === "admin" ? row.is_admin : true;

function useRows() {
  const isReading = may(useSession(), "ReadSession");
  const [people, groups, memberships] = [useQuery(peopleQuery), useQuery(groupsQuery), useQuery(membershipsQuery)];
  const sessions = useQuery({ ...sessionsQuery, enabled: isReading });
  const queries = [people, groups, memberships, sessions];
  const error = queries.find((query) => query.error)?.error ?? null;
  const retry = () => void Promise.all(queries.map((query) => query.refetch()));
  if (!people.data || !groups.data || !memberships.data || (isReading && !sessions.data)) return { rows: null, error, retry };
  const names = new Map(groups.data.map((group) => [group.id, group.name]));
  const { ofPerson } = joinMemberships(memberships.data);
  const rows = people.data.map((person): Row => ({
    ...person,
    name: nameOf(person),
    groups: (ofPerson.get(person.id) ?? []).map((membership) => names.get(membership.parent_id)).filter(Boolean).sort().join(", "),
    // Those in which an administrator works as them are not theirs.
    signedIn: sessions.data?.find((session) => session.experimenter_id === person.id && session.sudo_experimenter_id === null)?.created_at ?? null,
  }));
  return { rows, error, retry };
}

export function PeoplePage() {
  const { rows, error, retry } = useRows();
  const { q, sort, show, change } = useTableUrl("name");
  const isLate = useDelayed(!rows && !error);
  const isMaking = may(useSession(), "ModifyUser");
  const found = rows && sortRows(searchRows(rows.filter((row) => isShown(row, show)), COLUMNS, q), COLUMNS, sort);
  return (
    <>
      <div className={classes.bar}>
        <h1>People</h1>
        {rows && found && <span className="muted" role="status">{found.length === rows.length ? rows.length : `${found.length} of ${rows.length}`}</span>}
        <span className={classes.grow} />
        <Select aria-label="Show" w={140} data={SHOWN} value={show} allowDeselect={false} onChange={(value) => change({ show: value ?? "" })} />
        <TextInput type="search" aria-label="Find people" placeholder="Name, login, e-mail, group" w={240} leftSection={<Icon name="search" size={14} />}
          value={q} onChange={(event) => change({ q: event.currentTarget.value })} onKeyDown={enterTable} />
        {isMaking && <Button leftSection={<Icon name="plus" size={14} />} onClick={() => openDialog("Add a person", (close) => <AddPerson onClose={close} />)}>Add person</Button>}
      </div>
      {error && <Problem error={error} onRetry={retry} />}
      {isLate && <Skeleton height={240} />}
      {found?.length === 0 && <Empty icon="user" title="Nobody fits."><Button variant="default" onClick={() => change({ q: "", show: "" })}>Show everyone</Button></Empty>}
      {!!found?.length && (
        <DataTable label="People" columns={COLUMNS} rows={found} keyOf={(row) => row.id} sort={sort} onSort={(next) => change({ sort: next })}
          pathOf={(row) => `/admin/people/${row.id}`} />
      )}
    </>
  );
}
