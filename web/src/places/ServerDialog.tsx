import { Alert, Button, Group, SegmentedControl, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, useCallback, useState } from "react";
import { Problem } from "../ui/Problem";
import { say } from "../ui/toasts";
import { EntryList } from "./EntryList";
import { GoalFields, type Texts } from "./GoalFields";
import { crumbsOf, type Goal, importFrom, type Place, placesQuery, toggle, type Way } from "./places";
import classes from "./Places.module.css";

const WAYS: Record<Way, string> = { "in-place": "Leave in place", copy: "Copy" };

/** Imports what lies on the server, below the places that one may import from. */
export function ServerDialog({ start, onClose }: { start: Texts; onClose: () => void }) {
  const places = useQuery(placesQuery);
  const [placeId, setPlaceId] = useState<string | null>(null);
  if (places.error) return <Problem error={places.error} onRetry={() => void places.refetch()} />;
  const all = places.data ?? [];
  const place = all.find((one) => String(one.id) === placeId) ?? all[0];
  return (
    <Stack gap="md">
      <Select label="Place" data={all.map((one) => ({ value: String(one.id), label: one.name }))} value={place ? String(place.id) : null} allowDeselect={false} onChange={setPlaceId} data-autofocus />
      {place && <Choosing key={place.id} place={place} start={start} onClose={onClose} />}
    </Stack>
  );
}

function Choosing({ place, start, onClose }: { place: Place; start: Texts; onClose: () => void }) {
  const [path, setPath] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [way, setWay] = useState<Way>(place.ways[0] ?? "copy");
  const [texts, setTexts] = useState<Texts>(start);
  const [goal, setGoal] = useState<Goal>({});
  const noteGoal = useCallback((kind: keyof Goal, value: number | string | undefined) => setGoal((before) => ({ ...before, [kind]: value })), []);
  const client = useQueryClient();
  const begin = useMutation({
    mutationFn: () => importFrom(place, chosen, way, goal),
    onSuccess: async (job) => {
      onClose();
      say(<>Importing from {place.name}. <Link to="/jobs">job:{job.id}</Link> tells how far it is.</>, 10_000);
      await client.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
  const turn = (one: string) => setChosen((before) => toggle(before, one));
  return (
    <>
      {place.kind === "host" ? <TypedPaths place={place} chosen={chosen} onToggle={turn} /> : (
        <div>
          <Crumbs place={place} path={path} onOpen={setPath} />
          <EntryList place={place} path={path} chosen={chosen} onOpen={setPath} onToggle={turn} />
        </div>
      )}
      <GoalFields texts={texts} onTexts={setTexts} onGoal={noteGoal} />
      {place.ways.length > 1 && <SegmentedControl aria-label="How" data={place.ways.map((one) => ({ value: one, label: WAYS[one] }))} value={way} onChange={(value) => setWay(value)} />}
      <p className="muted">{way === "in-place" ? `Files stay where they are and are read there: whoever changes or removes them in ${place.name} does so here too.` : "Files are copied with their checksums, and stay as they are now."}</p>
      {begin.error && <Alert color="red" variant="light" p="sm" role="alert">{begin.error.message}</Alert>}
      <Group justify="flex-end" gap="sm">
        <span className="muted" role="status">{chosen.size === 0 ? "Nothing chosen" : `${chosen.size} chosen`}</span>
        <span style={{ flex: 1 }} />
        <Button variant="default" onClick={onClose}>Cancel</Button>
        <Button disabled={chosen.size === 0} loading={begin.isPending} onClick={() => begin.mutate()}>Import</Button>
      </Group>
    </>
  );
}

function Crumbs({ place, path, onOpen }: { place: Place; path: string; onOpen: (path: string) => void }) {
  const crumbs = [{ name: place.name, path: "" }, ...crumbsOf(path)];
  return (
    <nav className={classes.crumbs} aria-label="Folder">
      {crumbs.map((crumb, index) => index === crumbs.length - 1
        ? <span key={crumb.path} aria-current="location">{crumb.name}</span>
        : <span key={crumb.path}><button type="button" onClick={() => onOpen(crumb.path)}>{crumb.name}</button>/</span>)}
    </nav>
  );
}

/** A host does not tell what lies on it: paths are typed. */
function TypedPaths({ place, chosen, onToggle }: { place: Place; chosen: ReadonlySet<string>; onToggle: (path: string) => void }) {
  const [text, setText] = useState("");
  const add = () => {
    const path = text.trim().replace(/^\/+|\/+$/g, "");
    if (path === "") return;
    if (!chosen.has(path)) onToggle(path);
    setText("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  };
  return (
    <div>
      <Group align="flex-end" gap="sm">
        <TextInput style={{ flex: 1 }} label={`Path on ${place.name}`} description="Of a file or an OME-Zarr, such as run1/cells.ome.zarr" value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} />
        <Button variant="default" disabled={!text.trim()} onClick={add}>Add</Button>
      </Group>
      <Group gap="xs" mt="xs">
        {[...chosen].map((path) => <Button key={path} size="compact-xs" variant="default" aria-label={`Leave out ${path}`} onClick={() => onToggle(path)}>{path} ×</Button>)}
      </Group>
    </div>
  );
}
