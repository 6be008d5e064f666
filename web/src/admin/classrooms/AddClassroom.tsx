import { Alert, Button, CopyButton, Group, NumberInput, Select, Stack, Table, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import type { Page } from "../../api/types";
import classes from "../Admin.module.css";
import { type Level, useRefresh } from "../data";
import { LEVELS, meaningOf } from "../groups/levels";
import { accountsAsCsv, type NewAccount } from "./accounts";

interface Made { name: string; users: NewAccount[]; job: { id: number } | null }

export function AddClassroom({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [users, setUsers] = useState<number | string>(20);
  const [level, setLevel] = useState<Level>("private");
  const [datasetId, setDatasetId] = useState<string | null>(null);
  const refresh = useRefresh();
  const datasets = useQuery({ queryKey: ["admin", "samples"], queryFn: () => http.get<Page<{ id: number; name: string }>>("/datasets", { limit: 500, sort: "name", fields: "id,name" }) });
  const make = useMutation({
    mutationFn: () => http.post<Made>("/admin/classrooms", { name: name.trim(), users, level, dataset_id: datasetId === null ? null : Number(datasetId) }),
    onSuccess: refresh,
  });
  const isReady = name.trim() !== "" && typeof users === "number" && users >= 1;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !make.isPending) make.mutate();
  };
  if (make.data) return <Accounts made={make.data} onClose={onClose} />;
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput label="Name" description="The logins begin with it: name-01, name-02" required data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NumberInput label="Accounts" size="xs" min={1} allowDecimal={false} allowNegative={false} value={users} onChange={setUsers} />
        <Select label="Level" data={LEVELS.map(({ value, label }) => ({ value, label }))} value={level} allowDeselect={false} description={meaningOf(level)}
          inputWrapperOrder={["label", "input", "description", "error"]} onChange={(value) => value && setLevel(value)} />
        <Select label="Sample" description="Each account gets a copy of this dataset" searchable clearable placeholder="None" value={datasetId} onChange={setDatasetId}
          data={(datasets.data?.items ?? []).map((dataset) => ({ value: String(dataset.id), label: `${dataset.name} (dataset:${dataset.id})` }))} limit={50} />
        {make.error && <Alert color="red" variant="light" p="sm" role="alert">{make.error.message}</Alert>}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={make.isPending} disabled={!isReady}>Add</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The new accounts with their passwords, which nobody can see again. */
function Accounts({ made, onClose }: { made: Made; onClose: () => void }) {
  const csv = accountsAsCsv(made.users);
  return (
    <Stack gap="md">
      <Alert color="accent" variant="light" p="sm" title="Keep them now: the passwords are shown only this once.">{made.job && `The sample is being copied by job ${made.job.id}.`}</Alert>
      <div className={classes.scrolled}>
        <Table aria-label="New accounts" verticalSpacing={3}>
          <Table.Thead><Table.Tr><Table.Th>Login</Table.Th><Table.Th>Password</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{made.users.map((user) => <Table.Tr key={user.id}><Table.Td>{user.username}</Table.Td><Table.Td ff="monospace">{user.password}</Table.Td></Table.Tr>)}</Table.Tbody>
        </Table>
      </div>
      <Group justify="flex-end" gap="sm">
        <CopyButton value={csv}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}</CopyButton>
        <Button variant="default" component="a" href={`data:text/csv;charset=utf-8,${encodeURIComponent(csv)}`} download={`${made.name}.csv`}>Download</Button>
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}
