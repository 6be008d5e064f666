import { Alert, Button, Group, PasswordInput, Table, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../api/http";
import { sourcesQuery, useSession } from "../api/session";
import type { LoginSession, Page } from "../api/types";
import { SinglePage } from "../shell/SinglePage";
import { Problem } from "../ui/Problem";
import { sayError } from "../ui/toasts";
import { formatDate } from "../ui/units";
import { nameBrowser } from "./browsers";

/** One's own account: the password, and where one is signed in. */
export function AccountPage() {
  const session = useSession();
  if (!session) return null;
  return (
    <SinglePage title="Account">
      <p className="muted">Signed in as {session.user.username}.</p>
      {session.sudo_experimenter_id === null && <PasswordForm userId={session.user.id} />}
      <Sessions userId={session.user.id} />
    </SinglePage>
  );
}

function PasswordForm({ userId }: { userId: number }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const fewest = useQuery(sourcesQuery).data?.password_min_length;
  const change = useMutation({
    mutationFn: () => http.put<void>(`/experimenters/${userId}/password`, { password, current_password: current }),
    // Every sign-in ends with the old password, this one too.
    onSuccess: () => window.location.assign("/"),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="Change password">
      <Title order={2} size={16} fw={600} mb="sm">Password</Title>
      <Group align="flex-end" gap="sm" mb="sm">
        <PasswordInput label="Current password" size="xs" w={220} required autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />
        <PasswordInput label={fewest ? `New password (${fewest} characters or more)` : "New password"} size="xs" w={300} required autoComplete="new-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
        <Button type="submit" loading={change.isPending} disabled={!current || !password}>Change and sign in again</Button>
      </Group>
      {change.error && <Alert color="red" variant="light" p="sm" mb="sm" role="alert">{change.error.message}</Alert>}
    </form>
  );
}

function Sessions({ userId }: { userId: number }) {
  const client = useQueryClient();
  const queryKey = ["login-sessions", userId];
  const path = `/experimenters/${userId}/sessions`;
  const found = useQuery({ queryKey, queryFn: () => http.get<Page<LoginSession>>(path) });
  const end = useMutation({
    mutationFn: (id: number) => http.delete(`${path}/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey }),
    onError: sayError,
  });
  return (
    <section aria-label="Sign-ins">
      <Title order={2} size={16} fw={600} mt="lg" mb="sm">Where you are signed in</Title>
      {found.error && <Problem error={found.error} onRetry={() => void found.refetch()} />}
      {found.data && (
        <Table>
          <Table.Thead><Table.Tr><Table.Th>Browser</Table.Th><Table.Th>Address</Table.Th><Table.Th>Since</Table.Th><Table.Th>Last used</Table.Th><Table.Th /></Table.Tr></Table.Thead>
          <Table.Tbody>
            {found.data.items.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td title={one.browser}>{nameBrowser(one.browser)}{one.sudo_experimenter_id !== null && " (an administrator, as you)"}</Table.Td>
                <Table.Td>{one.address || "unknown"}</Table.Td>
                <Table.Td>{formatDate(one.created_at)}</Table.Td>
                <Table.Td>{formatDate(one.used_at)}</Table.Td>
                <Table.Td ta="right">
                  {one.is_current ? <span className="muted">This browser</span>
                    : <Button variant="default" loading={end.isPending && end.variables === one.id} aria-label={`End ${nameBrowser(one.browser)} of ${one.address}`} onClick={() => end.mutate(one.id)}>End</Button>}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}
