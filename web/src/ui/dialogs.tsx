import { Button, Group, Modal, Stack, TextInput, Textarea } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { createStore, useStore } from "./store";

interface Confirmation { kind: "confirm"; title: string; text: ReactNode; action: string; isDanger?: boolean; resolve: (yes: boolean) => void }
interface NamePrompt { kind: "name"; title: string; action: string; resolve: (answer: { name: string; description: string } | null) => void }
interface ReasonPrompt { kind: "reason"; title: string; text: ReactNode; resolve: (reason: string | null) => void }
interface Custom { kind: "custom"; title: string; content: (close: () => void) => ReactNode }
const dialog = createStore<Confirmation | NamePrompt | ReasonPrompt | Custom | null>(null);

export const confirm = (question: Omit<Confirmation, "kind" | "resolve">): Promise<boolean> =>
  new Promise((resolve) => dialog.set({ ...question, kind: "confirm", resolve }));
export const askName = (title: string, action: string): Promise<{ name: string; description: string } | null> =>
  new Promise((resolve) => dialog.set({ kind: "name", title, action, resolve }));
export const askReason = (text: ReactNode): Promise<string | null> =>
  new Promise((resolve) => dialog.set({ kind: "reason", title: "Why?", text, resolve }));
export const openDialog = (title: string, content: Custom["content"]): void => dialog.set({ kind: "custom", title, content });

function finish(answer: unknown): void {
  const current = dialog.get();
  dialog.set(null);
  if (current && "resolve" in current) (current.resolve as (value: unknown) => void)(answer);
}

export function DialogHost() {
  const current = useStore(dialog);
  const cancel = () => finish(current?.kind === "confirm" ? false : null);
  return (
    <Modal opened={current !== null} onClose={cancel} size={current?.kind === "custom" ? "lg" : "md"} title={current?.title} closeButtonProps={{ "aria-label": "Close" }}>
      {current?.kind === "confirm" && (
        <Stack gap="lg">
          <div>{current.text}</div>
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={cancel}>Cancel</Button>
            <Button color={current.isDanger ? "red.9" : undefined} data-autofocus onClick={() => finish(true)}>{current.action}</Button>
          </Group>
        </Stack>
      )}
      {current?.kind === "name" && <NameForm action={current.action} onCancel={cancel} />}
      {current?.kind === "reason" && <ReasonForm text={current.text} onCancel={cancel} />}
      {current?.kind === "custom" && current.content(() => finish(null))}
    </Modal>
  );
}

function NameForm({ action, onCancel }: { action: string; onCancel: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) finish({ name: name.trim(), description: description.trim() });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput label="Name" size="sm" required data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Textarea label="Description" size="sm" autosize minRows={2} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onCancel}>Cancel</Button>
          <Button type="submit" disabled={!name.trim()}>{action}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function ReasonForm({ text, onCancel }: { text: ReactNode; onCancel: () => void }) {
  const [reason, setReason] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim()) finish(reason.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <div>{text}</div>
        <TextInput label="Reason" description="Kept in the history" size="sm" required maxLength={1000} data-autofocus value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onCancel}>Cancel</Button>
          <Button type="submit" disabled={!reason.trim()}>Go on</Button>
        </Group>
      </Stack>
    </form>
  );
}
