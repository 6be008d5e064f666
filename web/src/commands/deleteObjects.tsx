import { Button } from "@mantine/core";
import type { QueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../api/http";
import { pathOf } from "../api/objects";
import type { ObjectRef } from "../api/types";
import { selection } from "../grid/selection";
import { confirm } from "../ui/dialogs";
import { say, sayError } from "../ui/toasts";
import type { Command } from "./types";

const CONSEQUENCE: Record<ObjectRef["type"], string> = {
  image: "It can no longer be seen. Its original file is kept.",
  dataset: "Its images stay; those in no other dataset are then under “In no dataset”.",
  project: "Its datasets stay and appear at the top of the tree.",
  screen: "Its plates stay and appear at the top of the tree.",
  plate: "Its wells and their images can no longer be reached through it.",
};

export const deleteObjects: Command = {
  name: "delete", label: "Delete…", icon: "trash", isDanger: true,
  when: (refs) => refs.length > 0,
  perform: async (refs, name, { client, go, place }) => {
    const first = refs[0]!;
    const what = refs.length === 1 ? `the ${first.type} “${name}”` : `${refs.length} ${first.type}s`;
    const text = (
      <>
        <p style={{ marginTop: 0 }}>Put {what} into the bin? {CONSEQUENCE[first.type]}</p>
        <p className="muted" style={{ marginBottom: 0 }}>Nothing is erased: it can be brought back with Undo right afterwards, or from the bin later.</p>
      </>
    );
    if (!(await confirm({ title: "Delete", text, action: "Put into the bin", isDanger: true }))) return;
    for (const ref of refs) await http.delete(pathOf(ref));
    selection.set({ ids: [], anchor: null, focus: null });
    if (window.location.pathname === `/${first.type}s/${first.id}`) {
      await go(place && place.type !== first.type ? `/${place.type}s/${place.id}` : "/");
    }
    const done = refs.length === 1 ? `${name} is in the bin.` : `${refs.length} ${first.type}s are in the bin.`;
    say(<>{done} <UndoButton refs={refs} name={name} client={client} /></>, 20_000);
    await refreshLists(client);
  },
};

const LISTS = ["tree", "images", "children", "search", "wells"];
const refreshLists = (client: QueryClient) => client.invalidateQueries({ predicate: (query) => LISTS.includes(String(query.queryKey[0])) });

function UndoButton({ refs, name, client }: { refs: ObjectRef[]; name: string; client: QueryClient }) {
  const [state, setState] = useState<"offered" | "working" | "done">("offered");
  const restore = async () => {
    setState("working");
    try {
      for (const ref of refs) await http.post(`/bin${pathOf(ref)}/restore`);
      setState("done");
      say(refs.length === 1 ? `${name} is back.` : `${refs.length} ${refs[0]!.type}s are back.`);
    } catch (error) {
      setState("offered");
      sayError(error);
    } finally {
      await refreshLists(client);
    }
  };
  return <Button size="compact-xs" variant="default" ml={8} loading={state === "working"} disabled={state === "done"} onClick={() => void restore()}>Undo</Button>;
}
