import { Alert, Button, MultiSelect, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import type { Job } from "../../api/types";
import { confirm } from "../../ui/dialogs";
import classes from "../Admin.module.css";
import { groupsQuery, joinMemberships, membershipsQuery, nameOf, peopleQuery } from "../data";
import { recipientsOf, tellRecipients, type Whom } from "./recipients";

const WHOM = [{ value: "all", label: "Everyone" }, { value: "groups", label: "Groups" }, { value: "people", label: "People" }];

function useRecipients(whom: Whom, ids: number[]) {
  const people = useQuery(peopleQuery).data ?? [];
  const { ofGroup } = joinMemberships(useQuery(membershipsQuery).data ?? []);
  return recipientsOf(people, (id) => (ofGroup.get(id) ?? []).map((membership) => membership.child_id), whom, ids);
}

/** A mail to each of them alone, sent as a job. */
export function MailForm() {
  const client = useQueryClient();
  const people = useQuery(peopleQuery).data ?? [];
  const groups = useQuery(groupsQuery).data ?? [];
  const [whom, setWhom] = useState<Whom>("groups");
  const [ids, setIds] = useState<string[]>([]);
  const [subject, setSubject] = useState("");
  const [text, setText] = useState("");
  const numbers = ids.map(Number);
  const recipients = useRecipients(whom, numbers);
  const send = useMutation({
    mutationFn: () =>
      http.post<Job>("/admin/mail", { subject: subject.trim(), text, all: whom === "all", group_ids: whom === "groups" ? numbers : [], user_ids: whom === "people" ? numbers : [] }),
    onSuccess: async () => {
      setSubject("");
      setText("");
      await client.invalidateQueries({ queryKey: ["admin", "jobs"] });
    },
  });
  const isReady = recipients.with.length > 0 && subject.trim() !== "" && text.trim() !== "";
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isReady || send.isPending) return;
    const isSure = await confirm({ title: "Send mail", text: `“${subject.trim()}” goes to ${tellRecipients(recipients)}`, action: "Send" });
    if (isSure) send.mutate();
  };
  const data = whom === "groups" ? groups.map((group) => ({ value: String(group.id), label: group.name })) : people.filter((person) => person.is_active).map((person) => ({ value: String(person.id), label: `${nameOf(person)} (${person.ome_name})` }));
  return (
    <form className={classes.section} aria-label="Mail" onSubmit={(event) => void submit(event)}>
      <header><h2>Mail</h2></header>
      <div className={classes.fields}>
        <div className={classes.wide} style={{ display: "flex", gap: 8, alignItems: "flex-start" }}>
          <SegmentedControl size="xs" aria-label="To" data={WHOM} value={whom} onChange={(value) => {
            setWhom(value as Whom);
            setIds([]);
          }} />
          {whom !== "all" && <MultiSelect aria-label={whom === "groups" ? "Groups to write to" : "People to write to"} size="xs" searchable clearable style={{ flex: 1 }} limit={50} data={data} value={ids} onChange={setIds} placeholder={ids.length ? undefined : `Choose ${whom}`} />}
        </div>
        <TextInput className={classes.wide} label="Subject" maxLength={200} value={subject} onChange={(event) => setSubject(event.currentTarget.value)} />
        <Textarea className={classes.wide} label="Text" size="xs" autosize minRows={5} maxRows={16} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      </div>
      {send.error && <Alert color="red" variant="light" p="sm" mt="md" role="alert">{send.error.message}</Alert>}
      {send.data && <Alert color="accent" variant="light" p="sm" mt="md" role="status">It is being sent; <Link to="/admin/jobs">job {send.data.id}</Link> tells what came of it.</Alert>}
      <div className={classes.foot}>
        <Button type="submit" loading={send.isPending} disabled={!isReady}>Send</Button>
        <span className="muted">{recipients.with.length + recipients.without.length > 0 && `To ${tellRecipients(recipients)}`}</span>
      </div>
    </form>
  );
}
