import { Button, Skeleton, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { http } from "../../api/http";
import type { Job, Page } from "../../api/types";
import { confirm, openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { say, sayError } from "../../ui/toasts";
import { formatDate } from "../../ui/units";
import { useDelayed } from "../../ui/useDelayed";
import classes from "../Admin.module.css";
import { DataTable, enterTable } from "../DataTable";
import { useRefresh } from "../data";
import { type Column, searchRows, sortRows } from "../table";
import { useTableUrl } from "../useTableUrl";
import { AddClassroom } from "./AddClassroom";

interface Classroom { id: number; name: string; group_id: number; dataset_id: number | null; created_at: string; users: { id: number; username: string }[] }

const classroomsQuery = queryOptions({ queryKey: ["admin", "classrooms"], queryFn: async () => (await http.get<Page<Classroom>>("/admin/classrooms")).items });
const COLUMNS: Column<Classroom>[] = [
  { key: "name", label: "Name", value: (row) => row.name, width: "22%" },
  { key: "users", label: "Accounts", value: (row) => row.users.length, width: 92, align: "right", isSearched: false },
  { key: "names", label: "Logins", value: (row) => row.users.map((user) => user.username).join(", ") },
  { key: "dataset", label: "Sample", value: (row) => (row.dataset_id === null ? "none" : `dataset:${row.dataset_id}`), width: 120 },
  { key: "made", label: "Made", value: (row) => row.created_at, width: 150, isSearched: false, cell: (row) => formatDate(row.created_at) },
];

/** Groups of accounts for a course, put back to how they began when the course is over. */
export function ClassroomsPage() {
  const rooms = useQuery(classroomsQuery);
  const { q, sort, change } = useTableUrl("name");
  const isLate = useDelayed(rooms.isPending);
  const found = rooms.data && sortRows(searchRows(rooms.data, COLUMNS, q), COLUMNS, sort);
  const add = () => openDialog("Add a class room", (close) => <AddClassroom onClose={close} />);
  return (
    <>
      <div className={classes.bar}>
        <h1>Class rooms</h1>
        {rooms.data && found && <span className="muted" role="status">{found.length === rooms.data.length ? found.length : `${found.length} of ${rooms.data.length}`}</span>}
        <span className={classes.grow} />
        <TextInput type="search" aria-label="Find class rooms" placeholder="Name, login" w={200} leftSection={<Icon name="search" size={14} />} value={q}
          onChange={(event) => change({ q: event.currentTarget.value })} onKeyDown={enterTable} />
        <Button leftSection={<Icon name="plus" size={14} />} onClick={add}>Add class room</Button>
      </div>
      {rooms.error && <Problem error={rooms.error} onRetry={() => void rooms.refetch()} />}
      {isLate && <Skeleton height={160} />}
      {found?.length === 0 && (
        <Empty icon="screen" title={q ? "No class room fits." : "No class rooms yet."}>{q ? <Button variant="default" onClick={() => change({ q: "" })}>Show all</Button> : "A class room is a group of new accounts, each with a copy of a sample dataset."}</Empty>
      )}
      {!!found?.length && (
        <DataTable label="Class rooms" columns={COLUMNS} rows={found} keyOf={(row) => row.id} sort={sort} onSort={(next) => change({ sort: next })}
          pathOf={(row) => `/admin/groups/${row.group_id}`} actionsWidth={150} actions={(row) => <RoomActions room={row} />} />
      )}
    </>
  );
}

function RoomActions({ room }: { room: Classroom }) {
  const client = useQueryClient();
  const refresh = useRefresh();
  const path = `/admin/classrooms/${encodeURIComponent(room.name)}`;
  const reset = useMutation({
    mutationFn: () => http.post<Job>(`${path}/reset`),
    onSuccess: async (job) => {
      say(`${room.name} is being put back; job ${job.id} tells when it is done.`);
      await client.invalidateQueries({ queryKey: ["admin"] });
    },
    onError: sayError,
  });
  const remove = useMutation({ mutationFn: () => http.delete(path), onSuccess: () => say(`${room.name} is removed.`), onError: sayError, onSettled: refresh });
  const askReset = async () => {
    const text = `What the class made in ${room.name} goes to the bin, everyone is signed out, and each account gets a new copy of the sample.`;
    if (await confirm({ title: "Put back to the beginning", text, action: "Put back", isDanger: true })) reset.mutate();
  };
  const askRemove = async () => {
    const text = `The ${room.users.length} accounts of ${room.name} are switched off, and what they made goes to the bin.`;
    if (await confirm({ title: "Remove class room", text, action: "Remove", isDanger: true })) remove.mutate();
  };
  return (
    <>
      <Button size="compact-xs" variant="default" mr={4} loading={reset.isPending} aria-label={`Reset ${room.name}`} onClick={() => void askReset()}>Reset</Button>
      <Button size="compact-xs" variant="default" loading={remove.isPending} aria-label={`Remove ${room.name}`} onClick={() => void askRemove()}>Remove</Button>
    </>
  );
}
