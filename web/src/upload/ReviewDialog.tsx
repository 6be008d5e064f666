import { Alert, Autocomplete, Button, Checkbox, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { http } from "../api/http";
import { maySudo, useSession } from "../api/session";
import type { ImportPreview, Page, TreeItem } from "../api/types";
import { useStore } from "../ui/store";
import type { Batch, Choices, Duplicates } from "./machine";
import { Reasons } from "./Reasons";
import { reviewed } from "./review";
import { chosenOf, describeAction, describeCounts, plural, targetFrom, type TargetText } from "./reviewing";
import { ReviewTree } from "./ReviewTree";
import { batches, cancelUpload, confirmUpload, keepChoices, lookAgain } from "./runner";
import classes from "./Review.module.css";

const DUPLICATES: { value: Duplicates; label: string }[] = [
  { value: "link", label: "Put their images where this goes" },
  { value: "skip", label: "Leave them as they are" },
  { value: "import", label: "Import them once more" },
];

/** The review of an upload before it is imported; closed, it waits in the list of imports. */
export function ReviewDialog() {
  const key = useStore(reviewed);
  const batch = useStore(batches).find((candidate) => candidate.key === key);
  const isOpen = batch?.phase === "reviewing" && batch.preview !== null;
  return (
    <Modal opened={isOpen} onClose={() => reviewed.set(null)} size="xl" title="Review before importing" closeButtonProps={{ "aria-label": "Close" }}>
      {isOpen && <Review key={batch.key} batch={batch} preview={batch.preview!} />}
    </Modal>
  );
}

function Review({ batch, preview }: { batch: Batch; preview: ImportPreview }) {
  const client = useQueryClient();
  const session = useSession();
  const datasets = useNames("/datasets");
  const screens = useNames("/screens");
  const lookedFor = useRef(batch.choices.owner ?? "");
  const { choices } = batch;
  const left = useMemo(() => new Set(choices.exclude), [choices.exclude]);
  const change = (part: Partial<Choices>) => keepChoices(batch.key, { ...choices, ...part }, client);
  const leave = (paths: string[], isLeft: boolean) => {
    const after = new Set(left);
    paths.forEach((path) => (isLeft ? after.add(path) : after.delete(path)));
    change({ exclude: [...after] });
  };
  const askAgain = () => {
    if ((choices.owner ?? "").trim() === lookedFor.current) return;
    lookedFor.current = (choices.owner ?? "").trim();
    lookAgain(batch.key, choices, client);
  };
  const separate = (isSeparate: boolean) => lookAgain(batch.key, { ...choices, isSeparate, exclude: [] }, client);
  const isGrouped = choices.isSeparate || preview.filesets.some((fileset) => fileset.files > 1 && !fileset.reader.startsWith("ome-zarr"));
  const start = () => {
    const isOwn = !choices.owner?.trim();
    const target = choices.into ? targetFrom(batch.target, choices.into, isOwn ? datasets : [], isOwn ? screens : []) : batch.target;
    reviewed.set(null);
    confirmUpload(batch.key, choices, target, client);
  };
  const action = describeAction(chosenOf(preview.filesets, left), choices.duplicates);
  return (
    <Stack gap="md">
      <div aria-live="polite">{describeCounts(preview.counts)}.</div>
      {batch.problem && <Alert color="red" variant="light" p="sm" role="alert">{batch.problem}</Alert>}
      {preview.filesets.length > 0 && <ReviewTree filesets={preview.filesets} left={left} onLeave={leave} />}
      {isGrouped && (
        <Checkbox size="xs" label="Each file for itself, not grouped into plates and sequences" checked={choices.isSeparate ?? false}
          onChange={(event) => separate(event.currentTarget.checked)} />
      )}
      <div className={classes.lists}>
        <Reasons title="cannot be read" items={preview.failed} isOpen />
        <Reasons title="left out" items={preview.skipped.filter((item) => item.kind !== "known" && item.kind !== "excluded")} isOpen={preview.filesets.length === 0} />
        <Reasons title="warnings" items={preview.warnings} />
      </div>
      <TargetFields batch={batch} preview={preview} onChange={(into) => change({ into })} datasets={datasets.map(({ name }) => name)} screens={screens.map(({ name }) => name)} />
      <div className={classes.fields}>
        {(preview.counts.known ?? 0) > 0 && (
          <Select label={`${plural(preview.counts.known!, "fileset")} here already`} description="What is done about them" size="sm" allowDeselect={false} data={DUPLICATES}
            value={choices.duplicates} onChange={(value) => change({ duplicates: value as Duplicates })} />
        )}
        {session && maySudo(session) && (
          <TextInput label="For somebody else" description="Their user name; the images will be theirs" size="sm" value={choices.owner ?? ""} placeholder={session.user.username}
            onChange={(event) => change({ owner: event.currentTarget.value })} onBlur={askAgain} />
        )}
      </div>
      <Group justify="flex-end" gap="sm" className={classes.foot}>
        <Button variant="default" onClick={() => cancelUpload(batch.key, client)}>Do not import</Button>
        <Button data-autofocus disabled={action === null} onClick={start}>{action ?? "Nothing to import"}</Button>
      </Group>
    </Stack>
  );
}

interface FieldsProps { batch: Batch; preview: ImportPreview; onChange: (text: TargetText) => void; datasets: string[]; screens: string[] }

function TargetFields({ batch, preview, onChange, datasets, screens }: FieldsProps) {
  const places = preview.filesets.flatMap((fileset) => fileset.into);
  const nameOf = (kind: string) => places.find((place) => place.kind === kind)?.name ?? "";
  const isPlate = preview.filesets.some((fileset) => fileset.plates.length > 0);
  const isImage = preview.filesets.some((fileset) => fileset.plates.length === 0);
  const shown = batch.choices.into ?? { dataset: nameOf("dataset"), screen: nameOf("screen") };
  const project = batch.target.project === undefined ? undefined : `In ${nameOf("project") || "the project"}`;
  return (
    <div className={classes.fields}>
      {isImage && (
        <Autocomplete label="Dataset" description={project ?? "A name there is not is made"} size="sm" placeholder="No dataset" data={[...new Set(datasets)]} limit={20}
          value={shown.dataset} onChange={(dataset) => onChange({ ...shown, dataset })} />
      )}
      {isPlate && (
        <Autocomplete label="Screen for plates" description="A name there is not is made" size="sm" placeholder="No screen" data={[...new Set(screens)]} limit={20}
          value={shown.screen} onChange={(screen) => onChange({ ...shown, screen })} />
      )}
    </div>
  );
}

function useNames(path: string): { id: number; name: string }[] {
  const found = useQuery({ queryKey: ["names", path], queryFn: () => http.get<Page<TreeItem>>(path, { limit: 200, sort: "name" }), staleTime: 30_000 });
  return (found.data?.items ?? []).map(({ id, name }) => ({ id, name }));
}
