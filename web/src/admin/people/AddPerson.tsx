import { Alert, Button, Group, MultiSelect, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { groupsQuery, useRefresh } from "../data";
import { faultOfEmail } from "./account";
import { PasswordField } from "./PasswordField";

const NONE = { ome_name: "", first_name: "", last_name: "", email: "" };

/** Name, login, groups and a first password; the rest stands on the person's own page. */
export function AddPerson({ onClose }: { onClose: () => void }) {
  const groups = useQuery(groupsQuery);
  const refresh = useRefresh();
  const navigate = useNavigate();
  const [texts, setTexts] = useState(NONE);
  const [password, setPassword] = useState("");
  const [groupIds, setGroupIds] = useState<string[]>([]);
  const add = useMutation({
    mutationFn: () =>
      http.post<{ id: number }>("/accounts", {
        ...texts, ome_name: texts.ome_name.trim(), email: texts.email.trim() || null, password, group_ids: groupIds.map(Number),
      }),
    onSuccess: async ({ id }) => {
      await refresh();
      onClose();
      await navigate({ to: `/admin/people/${id}` });
    },
  });
  const emailFault = faultOfEmail(texts.email);
  const isReady = texts.ome_name.trim() && password.length >= 8 && !emailFault;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !add.isPending) add.mutate();
  };
  const field = (name: keyof typeof NONE) => ({ value: texts[name], onChange: (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget;
    setTexts((before) => ({ ...before, [name]: value }));
  } });
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack gap="md">
        <Group grow gap="md" align="start">
          <TextInput label="First name" data-autofocus {...field("first_name")} />
          <TextInput label="Last name" {...field("last_name")} />
        </Group>
        <TextInput label="Login" description="The name they sign in with" required autoComplete="off" {...field("ome_name")} />
        <TextInput label="E-mail" type="email" error={emailFault} {...field("email")} />
        <MultiSelect label="Groups" description="The first one takes their new data" size="xs" searchable clearable placeholder={groupIds.length ? undefined : "Choose groups"}
          data={(groups.data ?? []).map((group) => ({ value: String(group.id), label: group.name }))} value={groupIds} onChange={setGroupIds} />
        <PasswordField label="First password" value={password} onChange={setPassword} />
        {groupIds.length === 0 && <p className="muted" style={{ margin: 0 }}>Without a group they can sign in, but not import.</p>}
        {add.error && <Alert color="red" variant="light" p="sm" role="alert">{add.error.message}</Alert>}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={add.isPending} disabled={!isReady}>Add</Button>
        </Group>
      </Stack>
    </form>
  );
}
