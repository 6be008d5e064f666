import { Alert, Button, Group, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { type Level, useRefresh } from "../data";
import { LEVELS, meaningOf } from "./levels";

export function AddGroup({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [level, setLevel] = useState<Level>("private");
  const refresh = useRefresh();
  const navigate = useNavigate();
  const add = useMutation({
    mutationFn: () => http.post<{ id: number }>("/experimenter_groups", { name: name.trim(), description: description.trim(), level }),
    onSuccess: async ({ id }) => {
      await refresh();
      onClose();
      await navigate({ to: `/admin/groups/${id}` });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() && !add.isPending) add.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput label="Name" required data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label="Level" data={LEVELS.map(({ value, label }) => ({ value, label }))} value={level} allowDeselect={false} description={meaningOf(level)}
          inputWrapperOrder={["label", "input", "description", "error"]} onChange={(value) => value && setLevel(value)} />
        <Textarea label="Description" size="xs" autosize minRows={2} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
        {add.error && <Alert color="red" variant="light" p="sm" role="alert">{add.error.message}</Alert>}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={add.isPending} disabled={!name.trim()}>Add</Button>
        </Group>
      </Stack>
    </form>
  );
}
