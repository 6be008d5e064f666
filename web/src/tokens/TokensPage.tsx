import { ActionIcon, Alert, Button, Checkbox, Code, CopyButton, Group, Select, Table, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../api/http";
import { useSession } from "../api/session";
import type { Page, Token } from "../api/types";
import { SinglePage } from "../shell/SinglePage";
import { confirm } from "../ui/dialogs";
import { Empty } from "../ui/Empty";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { sayError } from "../ui/toasts";
import { formatDate } from "../ui/units";

const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: () => http.get<Page<Token>>("/tokens") });
const DURATIONS = [{ value: "30", label: "30 days" }, { value: "90", label: "90 days" }, { value: "365", label: "1 year" }, { value: "", label: "No end" }];

/** What tokens may be for besides reading. */
const SCOPES = [
  { value: "annotate", label: "annotate", hint: "tags, comments, regions" },
  { value: "import", label: "import", hint: "new images" },
  { value: "write", label: "write", hint: "all that members may" },
  { value: "admin", label: "administrate", hint: "all that you may" },
];
const describe = (scope: string) => scope.split(" ").map((one) => SCOPES.find(({ value }) => value === one)?.label ?? one).join(", ");

/** Tokens for scripts and programs that act in one's name. */
export function TokensPage() {
  const client = useQueryClient();
  const tokens = useQuery(tokensQuery);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const isAdmin = useSession()?.user.is_admin ?? false;
  const [days, setDays] = useState<string>("90");
  const refresh = () => client.invalidateQueries({ queryKey: tokensQuery.queryKey });
  const make = useMutation({
    mutationFn: () => http.post<Token>("/tokens", { name: name.trim(), scope: scopes.join(" ") || "read", expires_at: days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null }),
    onSuccess: () => {
      setName("");
      return refresh();
    },
    onError: sayError,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) make.mutate();
  };
  const withdraw = async (token: Token) => {
    const isSure = await confirm({
      title: "Withdraw token", text: `Programs that use “${token.name}” lose access at once. This cannot be undone; make a new token instead.`, action: "Withdraw", isDanger: true,
    });
    if (isSure) await http.delete(`/tokens/${token.id}`).catch(sayError).then(refresh);
  };
  return (
    <SinglePage title="API tokens">
      <form onSubmit={submit}>
        <Group align="flex-end" gap="sm" mb="sm">
          <TextInput label="Name" placeholder="Notebook on my laptop" required value={name} onChange={(event) => setName(event.currentTarget.value)} style={{ flex: 1, minWidth: 160 }} />
          <Select label="Ends after" w={112} allowDeselect={false} data={DURATIONS} value={days} onChange={(value) => setDays(value ?? "")} />
          <Button type="submit" size="xs" loading={make.isPending} disabled={!name.trim()}>Make token</Button>
        </Group>
        <Checkbox.Group label="It may read, and besides" size="xs" mb="lg" value={scopes} onChange={setScopes}>
          <Group gap="lg" mt="xs">
            {SCOPES.filter(({ value }) => value !== "admin" || isAdmin).map(({ value, label, hint }) => (
              <Checkbox key={value} size="xs" value={value} label={<>{label} <span className="muted">{hint}</span></>} />
            ))}
          </Group>
        </Checkbox.Group>
      </form>
      {make.data?.token && (
        <Alert color="accent" variant="light" title="Copy it now: it is shown only this once." mb="lg">
          <Group gap="sm" wrap="nowrap">
            <Code style={{ overflowWrap: "anywhere" }} data-testid="new-token">{make.data.token}</Code>
            <CopyButton value={make.data.token}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}</CopyButton>
          </Group>
        </Alert>
      )}
      {tokens.error && <Problem error={tokens.error} onRetry={() => void tokens.refetch()} />}
      {tokens.data?.items.length === 0 && <Empty icon="key" title="No tokens yet.">A token lets a script or notebook sign in as you.</Empty>}
      {!!tokens.data?.items.length && (
        <Table>
          <Table.Thead><Table.Tr><Table.Th>Name</Table.Th><Table.Th>May</Table.Th><Table.Th>Made</Table.Th><Table.Th>Last used</Table.Th><Table.Th>Ends</Table.Th><Table.Th /></Table.Tr></Table.Thead>
          <Table.Tbody>
            {tokens.data.items.map((token) => (
              <Table.Tr key={token.id}>
                <Table.Td>{token.name}</Table.Td>
                <Table.Td>{describe(token.scope)}</Table.Td>
                <Table.Td>{formatDate(token.created_at)}</Table.Td>
                <Table.Td>{formatDate(token.used_at) || "never"}</Table.Td>
                <Table.Td>{formatDate(token.expires_at) || "never"}</Table.Td>
                <Table.Td ta="right"><ActionIcon aria-label={`Withdraw ${token.name}`} onClick={() => void withdraw(token)}><Icon name="trash" /></ActionIcon></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </SinglePage>
  );
}
