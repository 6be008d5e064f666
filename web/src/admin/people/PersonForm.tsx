import { Alert, Button, Checkbox, Select, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { say } from "../../ui/toasts";
import { PRIVILEGES } from "../access";
import classes from "../Admin.module.css";
import { type Account, groupsQuery, joinMemberships, membershipsQuery, useRefresh } from "../data";
import { type AccountDraft, changesOf, draftOf, faultOfEmail, faultOfOrcid, type Rights } from "./account";

const RIGHTS: { value: Rights; label: string }[] = [
  { value: "none", label: "No" }, { value: "all", label: "Yes, may do everything" }, { value: "some", label: "Yes, with chosen privileges" },
];

export function PersonForm({ person, isSelf, isReadOnly }: { person: Account; isSelf: boolean; isReadOnly: boolean }) {
  const [draft, setDraft] = useState(() => draftOf(person));
  const refresh = useRefresh();
  const changes = changesOf(person, draft);
  const save = useMutation({
    mutationFn: () => http.patch(`/experimenters/${person.id}`, changes, person.version),
    onSuccess: async () => {
      say("Saved.");
      await refresh();
    },
  });
  const emailFault = faultOfEmail(draft.email);
  const orcidFault = faultOfOrcid(draft.orcid);
  const isChanged = Object.keys(changes).length > 0;
  const isReady = isChanged && !emailFault && !orcidFault && draft.ome_name.trim() !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !save.isPending) save.mutate();
  };
  const change = (next: Partial<AccountDraft>) => setDraft((before) => ({ ...before, ...next }));
  const text = (name: "ome_name" | "first_name" | "middle_name" | "last_name" | "email" | "institution" | "orcid") => ({
    value: draft[name], disabled: isReadOnly, onChange: (event: { currentTarget: { value: string } }) => change({ [name]: event.currentTarget.value }),
  });
  return (
    <form className={classes.section} onSubmit={submit} aria-label="Profile">
      <header><h2>Profile</h2></header>
      <div className={classes.fields}>
        <TextInput label="First name" {...text("first_name")} />
        <TextInput label="Middle name" {...text("middle_name")} />
        <TextInput label="Last name" {...text("last_name")} />
        <TextInput label="Login" required {...text("ome_name")} />
        <TextInput label="E-mail" type="email" error={emailFault} {...text("email")} />
        <TextInput label="Institution" {...text("institution")} />
        <TextInput label="ORCID" placeholder="0000-0002-1825-0097" error={orcidFault} {...text("orcid")} />
        <DefaultGroup person={person} value={draft.default_group_id} isReadOnly={isReadOnly} onChange={(id) => change({ default_group_id: id })} />
        <Select label="Administrator" data={RIGHTS} value={draft.rights} allowDeselect={false} disabled={isReadOnly || isSelf}
          description={isSelf ? "Nobody takes their own rights away" : undefined} inputWrapperOrder={["label", "input", "description", "error"]}
          onChange={(value) => value && change({ rights: value })} />
        {draft.rights === "some" && <Privileges chosen={draft.privileges} isReadOnly={isReadOnly || isSelf} onChange={(privileges) => change({ privileges })} />}
        <Switch className={classes.wide} size="xs" label="May sign in" checked={draft.is_active} disabled={isReadOnly || isSelf}
          onChange={(event) => change({ is_active: event.currentTarget.checked })} />
      </div>
      {save.error && <Alert color="red" variant="light" p="sm" mt="md" role="alert">{save.error.message}</Alert>}
      {!isReadOnly && (
        <div className={classes.foot}>
          <Button type="submit" loading={save.isPending} disabled={!isReady}>Save</Button>
          {isChanged && <Button variant="default" onClick={() => setDraft(draftOf(person))}>Undo changes</Button>}
        </div>
      )}
    </form>
  );
}

interface DefaultGroupProps { person: Account; value: number | null; isReadOnly: boolean; onChange: (id: number | null) => void }

/** One of the person's own groups: where their new data goes until they choose another. */
function DefaultGroup({ person, value, isReadOnly, onChange }: DefaultGroupProps) {
  const groups = useQuery(groupsQuery).data ?? [];
  const own = joinMemberships(useQuery(membershipsQuery).data ?? []).ofPerson.get(person.id) ?? [];
  const ids = new Set([...own.map((membership) => membership.parent_id), ...(value === null ? [] : [value])]);
  const data = groups.filter((group) => ids.has(group.id)).map((group) => ({ value: String(group.id), label: group.name }));
  return (
    <Select label="Default group" data={data} value={value === null ? null : String(value)} clearable disabled={isReadOnly} placeholder="The first they joined"
      onChange={(text) => onChange(text === null ? null : Number(text))} />
  );
}

function Privileges({ chosen, isReadOnly, onChange }: { chosen: string[]; isReadOnly: boolean; onChange: (names: string[]) => void }) {
  return (
    <Checkbox.Group className={classes.wide} label="Privileges" description="They see everything, and change only what is chosen." size="xs" value={chosen} onChange={onChange} readOnly={isReadOnly}>
      <div className={classes.privileges}>
        {PRIVILEGES.map(({ name, label }) => <Checkbox key={name} size="xs" value={name} label={label} description={name} disabled={isReadOnly} />)}
      </div>
    </Checkbox.Group>
  );
}
