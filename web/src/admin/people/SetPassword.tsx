import { Alert, Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { say } from "../../ui/toasts";
import { type Account, nameOf, useRefresh } from "../data";
import { PasswordField } from "./PasswordField";

export function SetPassword({ person, isSelf, onClose }: { person: Account; isSelf: boolean; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const [current, setCurrent] = useState("");
  const refresh = useRefresh();
  const set = useMutation({
    mutationFn: () => http.put(`/experimenters/${person.id}/password`, { password, current_password: isSelf ? current : null }),
    onSuccess: async () => {
      onClose();
      say(`${nameOf(person)} has a new password.`);
      await refresh();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (password.length >= 8 && !set.isPending) set.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {isSelf && <PasswordInput label="Current password" size="xs" required autoComplete="current-password" data-autofocus value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />}
        <PasswordField label="New password" value={password} onChange={setPassword} />
        <p className="muted" style={{ margin: 0 }}>{isSelf ? "You are then signed out everywhere and sign in with it." : "They are then signed out everywhere and sign in with it."}</p>
        {set.error && <Alert color="red" variant="light" p="sm" role="alert">{set.error.message}</Alert>}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={set.isPending} disabled={password.length < 8}>Set password</Button>
        </Group>
      </Stack>
    </form>
  );
}
