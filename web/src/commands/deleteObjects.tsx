import { http } from "../api/http";
import { pathOf } from "../api/objects";
import type { ObjectRef } from "../api/types";
import { selection } from "../grid/selection";
import { confirm } from "../ui/dialogs";
import { say } from "../ui/toasts";
import type { Command } from "./types";

const CONSEQUENCE: Record<ObjectRef["type"], string> = {
  image: "It leaves its datasets. The original file is kept.",
  dataset: "Its images stay; those in no other dataset appear under “In no dataset”.",
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
        <p className="muted" style={{ marginBottom: 0 }}>Nothing is erased: what is in the bin can be brought back by an administrator.</p>
      </>
    );
    if (!(await confirm({ title: "Delete", text, action: "Put into the bin", isDanger: true }))) return;
    for (const ref of refs) await http.delete(pathOf(ref));
    selection.set({ ids: [], anchor: null, focus: null });
    const isOpen = window.location.pathname === `/${first.type}s/${first.id}`;
    if (isOpen) await go(place && place.type !== first.type ? `/${place.type}s/${place.id}` : "/");
    say(refs.length === 1 ? `${name} is in the bin.` : `${refs.length} ${first.type}s are in the bin.`);
    await client.invalidateQueries({ queryKey: ["tree"] });
    await client.invalidateQueries({ predicate: (query) => ["images", "children", "search", "object", "wells"].includes(String(query.queryKey[0])) && !isOpen });
    if (isOpen) await client.invalidateQueries({ predicate: (query) => ["images", "children", "search"].includes(String(query.queryKey[0])) });
  },
};
