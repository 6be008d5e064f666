import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { workAs } from "../api/session";
import { openDialog } from "../ui/dialogs";

/** Asks an administrator as whom they want to work. */
export const askWhom = () => openDialog("Work as somebody else", (close) => <Whom onCancel={close} />);

function Whom({ onCancel }: { onCancel: () => void }) {
  const [username, setUsername] = useState("");
  const become = useMutation({ mutationFn: () => workAs(username.trim()) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (username.trim()) become.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <div>You see what they see and may do what they may, for eight hours at most. Everything is recorded with both your names.</div>
        <TextInput label="User name" size="sm" required data-autofocus value={username} onChange={(event) => setUsername(event.currentTarget.value)} />
        {become.error && <Alert color="red" variant="light" p="sm" role="alert">{become.error.message}</Alert>}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onCancel}>Cancel</Button>
          <Button type="submit" loading={become.isPending} disabled={!username.trim()}>Work as them</Button>
        </Group>
      </Stack>
    </form>
  );
}
