import { Button, Group, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../../api/http";
import { errorOf, followJob } from "../../api/jobs";
import type { Job } from "../../api/types";
import classes from "../Admin.module.css";
import type { Relinked } from "./custody";

const SHOWN = 8;

async function relink(folders: string[], isDryRun: boolean): Promise<Relinked> {
  const job = await http.post<Job>("/admin/relink", { folders, dry_run: isDryRun });
  const done = await followJob(job.id);
  if (done.state !== "done") throw new Error(errorOf(done));
  return done.result as unknown as Relinked;
}

/** Looks in folders of the server for files registered in place that are no longer where they were. */
export function RelinkForm({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [text, setText] = useState("");
  const folders = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const look = useMutation({ mutationFn: (isDryRun: boolean) => relink(folders, isDryRun), onSuccess: () => client.invalidateQueries({ queryKey: ["admin", "custody"] }) });
  const found = look.data;
  return (
    <>
      <p className="muted">Files registered in place that are missing are looked for by name and size, and taken only if their checksum is the one that was recorded.</p>
      <Textarea label="Folders of the server" description="One a line; all below them is looked at." autosize minRows={2} maxRows={6} value={text} data-autofocus
        onChange={(event) => { setText(event.currentTarget.value); look.reset(); }} error={look.error?.message} />
      {found && <Report found={found} />}
      <Group className={classes.foot} justify="flex-end">
        <Button variant="default" onClick={onClose}>Close</Button>
        <Button variant="default" disabled={!folders.length} loading={look.isPending} onClick={() => look.mutate(true)}>Look</Button>
        <Button disabled={!found?.is_dry_run || !found.relinked} loading={look.isPending} onClick={() => look.mutate(false)}>
          {found?.is_dry_run && found.relinked ? `Relink ${found.relinked}` : "Relink"}
        </Button>
      </Group>
    </>
  );
}

function Report({ found }: { found: Relinked }) {
  const word = found.is_dry_run ? "can be relinked" : "relinked";
  return (
    <div className={classes.report} role="status">
      <p>{found.missing_before} missing; {found.relinked} {word}; {found.still_missing} still missing{found.refused ? `; ${found.refused} not taken` : ""}.</p>
      <ul>
        {found.found.slice(0, SHOWN).map((one) => <li key={one.object}>{one.from} → {one.to}</li>)}
        {found.refusals.slice(0, SHOWN).map((one) => <li key={one.path}>Not taken: {one.path} {one.reason}</li>)}
        {found.missing.slice(0, SHOWN).map((one) => <li key={one.object}>Still missing: {one.location}</li>)}
      </ul>
    </div>
  );
}
