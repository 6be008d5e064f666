import { ActionIcon, Checkbox, Select } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { http } from "../../api/http";
import { useSession } from "../../api/session";
import { confirm } from "../../ui/dialogs";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { sayError } from "../../ui/toasts";
import { may } from "../access";
import classes from "../Admin.module.css";
import { DataTable } from "../DataTable";
import { type Account, groupsQuery, joinMemberships, type Membership, membershipsQuery, nameOf, type UserGroup, useRefresh } from "../data";
import { type Column, sortRows } from "../table";

interface Row extends Membership { group: UserGroup }

/** The groups a person is in, and whether they own them. */
export function PersonGroups({ person }: { person: Account }) {
  const groups = useQuery(groupsQuery);
  const memberships = useQuery(membershipsQuery);
  const refresh = useRefresh();
  const isChanging = may(useSession(), "ModifyGroupMembership");
  const join = useMutation({
    mutationFn: ({ groupId, isOwner }: { groupId: number; isOwner: boolean }) =>
      http.post(`/experimenter_groups/${groupId}/members`, { experimenter_id: person.id, is_owner: isOwner }),
    onError: sayError,
    onSettled: refresh,
  });
  const leave = async (row: Row) => {
    const isSure = await confirm({
      title: `Remove from ${row.group.name}`, text: `${nameOf(person)} loses access to this group. What they made there stays in it.`, action: "Remove", isDanger: true,
    });
    if (isSure) await http.delete(`/experimenter_groups/${row.group.id}/members/${person.id}`).catch(sayError).then(refresh);
  };
  const own = joinMemberships(memberships.data ?? []).ofPerson.get(person.id) ?? [];
  const rows = own.flatMap((membership): Row[] => {
    const group = groups.data?.find((candidate) => candidate.id === membership.parent_id);
    return group ? [{ ...membership, group }] : [];
  });
  const others = (groups.data ?? []).filter((group) => !own.some((membership) => membership.parent_id === group.id));
  const columns: Column<Row>[] = [
    { key: "group", label: "Group", value: (row) => row.group.name, cell: (row) => <Link className={classes.rowLink} to={`/admin/groups/${row.group.id}`}>{row.group.name}</Link> },
    { key: "level", label: "Level", value: (row) => row.group.level, width: 140 },
    { key: "owner", label: "Owner", value: (row) => row.owner, width: 80, cell: (row) => (
      <Checkbox size="xs" checked={row.owner} disabled={!isChanging || join.isPending} aria-label={`Owner of ${row.group.name}`}
        onChange={(event) => join.mutate({ groupId: row.group.id, isOwner: event.currentTarget.checked })} />
    ) },
  ];
  const error = groups.error ?? memberships.error;
  return (
    <section className={classes.section} aria-label="Groups">
      <header>
        <h2>Groups</h2>
        {isChanging && (
          <Select aria-label="Add to a group" placeholder="Add to a group" searchable w={220} value={null} nothingFoundMessage="No other group" disabled={join.isPending}
            data={others.map((group) => ({ value: String(group.id), label: group.name }))} onChange={(id) => id !== null && join.mutate({ groupId: Number(id), isOwner: false })} />
        )}
      </header>
      {error && <Problem error={error} onRetry={() => void Promise.all([groups.refetch(), memberships.refetch()])} />}
      {!error && memberships.data && rows.length === 0 && <p className="muted">In no group yet: they can sign in, but not import.</p>}
      {rows.length > 0 && (
        <DataTable label="Groups of this person" columns={columns} rows={sortRows(rows, columns, "group")} keyOf={(row) => row.id}
          actions={isChanging ? (row) => <ActionIcon size="sm" aria-label={`Remove from ${row.group.name}`} onClick={() => void leave(row)}><Icon name="close" size={14} /></ActionIcon> : undefined} />
      )}
    </section>
  );
}
