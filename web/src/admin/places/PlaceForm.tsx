import { Alert, Button, Checkbox, Group, MultiSelect, PasswordInput, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import type { Way } from "../../places/places";
import { groupsQuery } from "../data";
import { KINDS, type NamedPlace, useRefreshPlaces, valuesOf, WAY_LABELS } from "./places";
import classes from "../Admin.module.css";

/** Names a place that groups may import from, or changes one. */
export function PlaceForm({ place, onClose }: { place?: NamedPlace; onClose: () => void }) {
  const [form, setForm] = useState(() => valuesOf(place));
  const set = (change: Partial<typeof form>) => setForm((before) => ({ ...before, ...change }));
  const groups = useQuery(groupsQuery);
  const refresh = useRefreshPlaces();
  const save = useMutation({
    mutationFn: () => {
      const { secret_key, kind, ...rest } = form;
      const body = { ...rest, ...(secret_key ? { secret_key } : {}), group_ids: form.group_ids.map(Number) };
      return place ? http.patch(`/roots/${place.id}`, body) : http.post("/roots", { ...body, kind });
    },
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const isReady = form.name.trim() !== "" && form.location.trim() !== "" && form.ways.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !save.isPending) save.mutate();
  };
  const kind = KINDS.find((one) => one.value === form.kind)!;
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput label="Name" description="What people choose, and type as root:NAME/path" required data-autofocus value={form.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <div className={classes.fields}>
          <Select label="Kind" data={KINDS.map(({ value, label }) => ({ value, label }))} value={form.kind} allowDeselect={false} disabled={!!place} onChange={(value) => value && set({ kind: value })} />
          <TextInput label={kind.where} placeholder={kind.example} required value={form.location} onChange={(event) => set({ location: event.currentTarget.value })} />
        </div>
        {form.kind === "bucket" && (
          <div className={classes.fields}>
            <TextInput label="Endpoint" placeholder="Amazon's" value={form.endpoint} onChange={(event) => set({ endpoint: event.currentTarget.value })} />
            <TextInput label="Region" placeholder="us-east-1" value={form.region} onChange={(event) => set({ region: event.currentTarget.value })} />
            <TextInput label="Access key" placeholder="None" autoComplete="off" value={form.access_key} onChange={(event) => set({ access_key: event.currentTarget.value })} />
            <PasswordInput size="xs" label="Secret key" description={place?.has_secret_key ? "Kept; type to replace it" : undefined} autoComplete="off" value={form.secret_key} onChange={(event) => set({ secret_key: event.currentTarget.value })} />
          </div>
        )}
        <MultiSelect size="xs" label="Groups" description="Their members may import from it" searchable value={form.group_ids} onChange={(group_ids) => set({ group_ids })}
          data={(groups.data ?? []).map((group) => ({ value: String(group.id), label: group.name }))} />
        <Checkbox.Group label="Ways" value={form.ways} onChange={(ways) => set({ ways: ways })}>
          <Group mt={4}>{(Object.keys(WAY_LABELS) as Way[]).map((way) => <Checkbox key={way} size="xs" value={way} label={WAY_LABELS[way]} />)}</Group>
        </Checkbox.Group>
        {form.kind === "folder"
          ? <Checkbox size="xs" label="Watched" description={`What people put into a folder by their user name below it is imported by itself${form.ways[0] ? `: ${WAY_LABELS[form.ways[0]].toLowerCase()}` : ""}`} checked={form.is_watched} onChange={(event) => set({ is_watched: event.currentTarget.checked })} />
          : <Checkbox size="xs" label="Its server stands in our private network" description="Addresses of the private network are refused otherwise" checked={form.is_private} onChange={(event) => set({ is_private: event.currentTarget.checked })} />}
        {save.error && <Alert color="red" variant="light" p="sm" role="alert">{save.error.message}</Alert>}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={save.isPending} disabled={!isReady}>{place ? "Save" : "Add"}</Button>
        </Group>
      </Stack>
    </form>
  );
}
