import { Alert, Button, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { useSession } from "../../api/session";
import { say } from "../../ui/toasts";
import { may } from "../access";
import classes from "../Admin.module.css";
import { type BinaryAccess, type UserGroup, useRefresh } from "../data";

const WHO: { value: BinaryAccess; label: string }[] = [
  { value: "all", label: "Everyone who sees them" },
  { value: "members", label: "Who sees them, but no files of plates" },
  { value: "editors-and-plates", label: "Who may change them" },
  { value: "editors", label: "Who may change them, but no files of plates" },
  { value: "none", label: "Nobody" },
];

export function GroupForm({ group, isReadOnly }: { group: UserGroup; isReadOnly: boolean }) {
  const [name, setName] = useState(group.name);
  const [description, setDescription] = useState(group.description ?? "");
  const [access, setAccess] = useState(group.binary_access);
  const isAdmin = may(useSession(), "ModifyGroup");
  const refresh = useRefresh();
  const isOther = access !== group.binary_access;
  const isChanged = name.trim() !== group.name || description.trim() !== (group.description ?? "") || isOther;
  const save = useMutation({
    mutationFn: () => http.patch(
      `/experimenter_groups/${group.id}`,
      { name: name.trim(), description: description.trim(), ...(isOther && { binary_access: access }) },
      group.version,
    ),
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
        <Select label="Who may download original files" allowDeselect={false} disabled={isReadOnly || !isAdmin} data={WHO} value={access}
          description={isReadOnly || isAdmin ? undefined : "Administrators decide this."} onChange={(value) => setAccess((value ?? "all"))} />
      </div>
      {save.error && <Alert color="red" variant="light" p="sm" mt="md" role="alert">{save.error.message}</Alert>}
      {!isReadOnly && <div className={classes.foot}><Button type="submit" loading={save.isPending} disabled={!isChanged || !name.trim()}>Save</Button></div>}
    </form>
  );
}
