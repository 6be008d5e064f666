import { ActionIcon, Autocomplete, Button, Checkbox } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { useSession } from "../../api/session";
import { confirm } from "../../ui/dialogs";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { sayError } from "../../ui/toasts";
import classes from "../Admin.module.css";
import { DataTable } from "../DataTable";
import { type Account, joinMemberships, type Membership, membershipsQuery, nameOf, peopleQuery, type UserGroup, useRefresh } from "../data";
import { type Column, sortRows } from "../table";

interface Row extends Membership { name: string; login: string; isActive: boolean }

export function GroupMembers({ group, isChanging }: { group: UserGroup; isChanging: boolean }) {
  const people = useQuery(peopleQuery);
  const memberships = useQuery(membershipsQuery);
  const refresh = useRefresh();
  const isAdmin = !!useSession()?.user.is_admin;
  const [sort, setSort] = useState("name");
  const set = useMutation({
    mutationFn: (member: { experimenter_id: number; is_owner: boolean }) => http.post(`/experimenter_groups/${group.id}/members`, member),
    onError: sayError,
    onSettled: refresh,
  });
  const remove = async (row: Row) => {
    const isSure = await confirm({
      title: "Remove member", text: `${row.name} loses access to ${group.name}. What they made there stays in it.`, action: "Remove", isDanger: true,
    });
    if (isSure) await http.delete(`/experimenter_groups/${group.id}/members/${row.child_id}`).catch(sayError).then(refresh);
  };
  const rows = (joinMemberships(memberships.data ?? []).ofGroup.get(group.id) ?? []).map((membership): Row => {
    const person = people.data?.find((candidate) => candidate.id === membership.child_id);
    return { ...membership, name: person ? nameOf(person) : `experimenter ${membership.child_id}`, login: person?.ome_name ?? "", isActive: person?.is_active ?? true };
  });
  const columns: Column<Row>[] = [
    { key: "name", label: "Name", value: (row) => row.name, cell: (row) => (isAdmin ? <Link className={classes.rowLink} to={`/admin/people/${row.child_id}`}>{row.name}</Link> : row.name) },
    { key: "login", label: "Login", value: (row) => row.login, width: "28%" },
    { key: "state", label: "State", value: (row) => (row.isActive ? "active" : "switched off"), width: 110, cell: (row) => (row.isActive ? "Active" : <span className={classes.off}>Switched off</span>) },
    { key: "owner", label: "Owner", value: (row) => (row.owner ? 0 : 1), width: 80, cell: (row) => (
      <Checkbox size="xs" checked={row.owner} disabled={!isChanging || set.isPending} aria-label={`${row.name} is an owner`}
        onChange={(event) => set.mutate({ experimenter_id: row.child_id, is_owner: event.currentTarget.checked })} />
    ) },
  ];
  const error = people.error ?? memberships.error;
  const others = (people.data ?? []).filter((person) => person.is_active && !rows.some((row) => row.child_id === person.id));
  return (
    <section className={classes.section} aria-label="Members">
      <header>
        <h2>Members {memberships.data && <small className="muted">{rows.length}</small>}</h2>
        {isChanging && <AddMember group={group} others={others} onDone={refresh} />}
      </header>
      {error && <Problem error={error} onRetry={() => void Promise.all([people.refetch(), memberships.refetch()])} />}
      {!error && memberships.data && rows.length === 0 && <p className="muted">Nobody is in this group yet.</p>}
      {rows.length > 0 && people.data && (
        <DataTable label="Members" columns={columns} rows={sortRows(rows, columns, sort)} keyOf={(row) => row.id} sort={sort} onSort={setSort}
          actions={isChanging ? (row) => <ActionIcon size="sm" aria-label={`Remove ${row.name}`} onClick={() => void remove(row)}><Icon name="close" size={14} /></ActionIcon> : undefined} />
      )}
    </section>
  );
}

/** By login: the owners of a group do not see those who share no group with them yet, but may know how they sign in. */
function AddMember({ group, others, onDone }: { group: UserGroup; others: Account[]; onDone: () => Promise<void> }) {
  const [login, setLogin] = useState("");
  const add = useMutation({
    mutationFn: () => http.post(`/experimenter_groups/${group.id}/members`, { username: login.trim() }),
    onSuccess: () => setLogin(""),
    onError: sayError,
    onSettled: onDone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (login.trim() && !add.isPending) add.mutate();
  };
  const names = new Map(others.map((person) => [person.ome_name, nameOf(person)]));
  return (
    <form onSubmit={submit} style={{ display: "flex", gap: 8 }}>
      <Autocomplete aria-label="Login of a new member" placeholder="Login" size="xs" w={220} limit={20} value={login} onChange={setLogin} data={[...names.keys()]}
        filter={({ options, search, limit }) => options.filter((option) => "value" in option && `${option.value} ${names.get(option.value) ?? ""}`.toLowerCase().includes(search.trim().toLowerCase())).slice(0, limit)}
        renderOption={({ option }) => <span className="truncate">{names.get(option.value)} <span className="muted">{option.value}</span></span>} />
      <Button type="submit" variant="default" loading={add.isPending} disabled={!login.trim()}>Add</Button>
    </form>
  );
}
