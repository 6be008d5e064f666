import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { http } from "../../api/http";
import { useSession } from "../../api/session";
import { Problem } from "../../ui/Problem";
import { say, sayError } from "../../ui/toasts";
import { formatDate } from "../../ui/units";
import { may } from "../access";
import classes from "../Admin.module.css";
import { DataTable } from "../DataTable";
import { type Account, groupsQuery, nameOf, type OpenSession, peopleQuery, sessionsQuery, useRefresh } from "../data";
import type { Column } from "../table";

/** The browsers a person is signed in with, each of which can be signed out from here. */
export function PersonSessions({ person }: { person: Account }) {
  const sessions = useQuery(sessionsQuery);
  const groups = useQuery(groupsQuery).data;
  const people = useQuery(peopleQuery).data;
  const refresh = useRefresh();
  const isEnding = may(useSession(), "ModifyUser");
  const end = useMutation({
    mutationFn: (session: OpenSession) => http.delete(`/experimenters/${person.id}/sessions/${session.id}`),
    onSuccess: () => say("That browser is signed out."),
    onError: sayError,
    onSettled: refresh,
  });
  const found = sessions.data?.filter((session) => session.experimenter_id === person.id);
  const who = (id: number | null) => {
    const other = people?.find((candidate) => candidate.id === id);
    return other ? nameOf(other) : `experimenter ${id}`;
  };
  const columns: Column<OpenSession>[] = [
    { key: "created", label: "Signed in", value: (row) => row.created_at, cell: (row) => formatDate(row.created_at), width: 160 },
    { key: "expires", label: "Ends by itself", value: (row) => row.expires_at, cell: (row) => formatDate(row.expires_at), width: 160 },
    { key: "group", label: "Group", value: (row) => groups?.find((group) => group.id === row.group_id)?.name },
    { key: "who", label: "Used by", value: (row) => (row.sudo_experimenter_id === null ? nameOf(person) : `${who(row.sudo_experimenter_id)}, acting as them`) },
  ];
  return (
    <section className={classes.section} aria-label="Sessions">
      <header><h2>Signed in</h2></header>
      {sessions.error && <Problem error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {found?.length === 0 && <p className="muted">Not signed in with any browser.</p>}
      {!!found?.length && (
        <DataTable label="Sessions" columns={columns} rows={found} keyOf={(row) => row.id} actionsWidth={84}
          actions={isEnding ? (row) => <Button size="compact-xs" variant="default" loading={end.isPending && end.variables.id === row.id} onClick={() => end.mutate(row)}>Sign out</Button> : undefined} />
      )}
    </section>
  );
}
