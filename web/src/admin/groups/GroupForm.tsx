import { Alert, Button, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { say } from "../../ui/toasts";
import classes from "../Admin.module.css";
import { type UserGroup, useRefresh } from "../data";

export function GroupForm({ group, isReadOnly }: { group: UserGroup; isReadOnly: boolean }) {
  const [name, setName] = useState(group.name);
  const [description, setDescription] = useState(group.description ?? "");
  const refresh = useRefresh();
  const isChanged = name.trim() !== group.name || description.trim() !== (group.description ?? "");
  const save = useMutation({
    mutationFn: () => http.patch(`/experimenter_groups/${group.id}`, { name: name.trim(), description: description.trim() }, group.version),
    onSuccess: async () => {
      say("Saved.");
      await refresh();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isChanged && name.trim() && !save.isPending) save.mutate();
  };
  return (
    <form className={classes.section} onSubmit={submit} aria-label="About the group">
      <header><h2>About</h2></header>
      <div className={classes.fields}>
        <TextInput label="Name" required disabled={isReadOnly} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Textarea className={classes.wide} label="Description" size="xs" autosize minRows={2} disabled={isReadOnly} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
      </div>
      {save.error && <Alert color="red" variant="light" p="sm" mt="md" role="alert">{save.error.message}</Alert>}
      {!isReadOnly && <div className={classes.foot}><Button type="submit" loading={save.isPending} disabled={!isChanged || !name.trim()}>Save</Button></div>}
    </form>
  );
}
