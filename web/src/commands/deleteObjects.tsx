import { Button } from "@mantine/core";
import type { QueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { namesOf } from "../api/graph";
import { http } from "../api/http";
import { pathOf } from "../api/objects";
import type { ObjectRef } from "../api/types";
import { selection } from "../grid/selection";
import { openDialog } from "../ui/dialogs";
import { say, sayError } from "../ui/toasts";
import { GraphDialog } from "./GraphDialog";
import { told } from "./graphCommands";
import { refreshLists } from "./refreshing";
import type { Command, CommandContext } from "./types";

export const deleteObjects: Command = {
  name: "delete", label: "Delete…", icon: "trash", isDanger: true,
  when: (refs) => refs.length > 0,
  perform: (refs, name, context) =>
    openDialog("Delete", (close) => (
      <GraphDialog operation="delete" objects={namesOf(refs)} options={{}} action="Put into the bin" isDanger close={close}
        onDone={() => afterwards(refs, name, context)}>
        <div>
          <p style={{ marginTop: 0 }}>Put {told(refs, name)} into the bin?</p>
          <p className="muted" style={{ marginBottom: 0 }}>Nothing is erased: it can be brought back with Undo right afterwards, or from the bin later.</p>
        </div>
      </GraphDialog>
    )),
};

async function afterwards(refs: ObjectRef[], name: string, { client, go, place }: CommandContext): Promise<void> {
  const first = refs[0]!;
  selection.set({ ids: [], anchor: null, focus: null });
  if (window.location.pathname === `/${first.type}s/${first.id}`) {
    await go(place && place.type !== first.type ? `/${place.type}s/${place.id}` : "/");
  }
  const done = refs.length === 1 ? `${name} is in the bin.` : `${refs.length} ${first.type}s are in the bin.`;
  say(<>{done} <UndoButton refs={refs} name={name} client={client} /></>, 20_000);
  await refreshLists(client);
}

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
