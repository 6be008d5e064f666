import { Alert, Button, Checkbox, Code, CopyButton, Group, PasswordInput, SegmentedControl, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http, ProblemError } from "../api/http";
import type { Grant } from "../api/types";
import { GrantTable } from "./GrantTable";
import { FIRST_TERMS, grantsQuery, requestOf, type Terms, tomorrow } from "./grants";

const ENDS = [{ value: "7", label: "7 days" }, { value: "30", label: "30 days" }, { value: "90", label: "90 days" }, { value: "365", label: "1 year" }, { value: "", label: "No end" }];

/** Makes links to an object, publishes it, and shows those there are. */
export function ShareForm({ object }: { object: string }) {
  const client = useQueryClient();
  const [terms, setTerms] = useState<Terms>(FIRST_TERMS);
  const change = (some: Partial<Terms>) => setTerms((old) => ({ ...old, ...some }));
  const grants = useQuery(grantsQuery(object));
  const make = useMutation({
    mutationFn: () => http.post<Grant>("/grants", requestOf(object, terms, Date.now())),
    onSuccess: () => client.invalidateQueries({ queryKey: ["grants"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const isLink = terms.audience === "link";
  const asksReason = make.error instanceof ProblemError && make.error.field === "reason";
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <SegmentedControl fullWidth value={terms.audience} onChange={(value) => change({ audience: value })} aria-label="Who sees it"
          data={[{ value: "link", label: "Whoever has the link" }, { value: "public", label: "Everybody" }]} />
        <Group grow align="flex-start" gap="sm">
          <TextInput label="Name" placeholder="Reviewers of our paper" value={terms.name} onChange={(event) => change({ name: event.currentTarget.value })} />
          {isLink ? (
            <Select label="Ends after" allowDeselect={false} data={ENDS} value={terms.days} onChange={(value) => change({ days: value ?? "" })} />
          ) : (
            <TextInput label="Embargo until" type="date" min={tomorrow()} value={terms.opens} onChange={(event) => change({ opens: event.currentTarget.value })} />
          )}
        </Group>
        {isLink && (
          <>
            <PasswordInput label="Password" placeholder="none" autoComplete="new-password" value={terms.password} onChange={(event) => change({ password: event.currentTarget.value })} />
            <Checkbox label="Visitors may annotate" checked={terms.may_annotate && !terms.is_blind} disabled={terms.is_blind} onChange={(event) => change({ may_annotate: event.currentTarget.checked })} />
            <Checkbox label="Double-blind review" description="Hides people, institutions, dates, names and files; originals cannot be downloaded."
              checked={terms.is_blind} onChange={(event) => change({ is_blind: event.currentTarget.checked })} />
            {terms.is_blind && (
              <TextInput label="Keys that reviewers see" placeholder="treatment, concentration" value={terms.keys} onChange={(event) => change({ keys: event.currentTarget.value })} />
            )}
          </>
        )}
        {(asksReason || terms.reason) && <TextInput label="Reason" required value={terms.reason} onChange={(event) => change({ reason: event.currentTarget.value })} />}
        {make.error && <Alert color={asksReason ? "yellow" : "red"} variant="light" p="sm" role="alert">{make.error.message}</Alert>}
        {make.data?.url && (
          <Alert color="accent" variant="light" title={make.data.audience === "link" ? "Copy it now: it is shown only this once." : "The address for everybody:"}>
            <Group gap="sm" wrap="nowrap">
              <Code style={{ overflowWrap: "anywhere" }} data-testid="share-url">{make.data.url}</Code>
              <CopyButton value={make.data.url}>{({ copied, copy }) => <Button variant="default" flex="none" onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}</CopyButton>
            </Group>
          </Alert>
        )}
        <Group justify="flex-end"><Button type="submit" loading={make.isPending}>{isLink ? "Make link" : "Publish"}</Button></Group>
        {!!grants.data?.items.length && <GrantTable grants={grants.data.items} />}
      </Stack>
    </form>
  );
}
