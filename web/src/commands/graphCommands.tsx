import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { namesOf } from "../api/graph";
import { http } from "../api/http";
import type { ObjectRef, Page } from "../api/types";
import { openDialog } from "../ui/dialogs";
import { say } from "../ui/toasts";
import { GraphDialog } from "./GraphDialog";
import { refreshLists } from "./refreshing";
import type { Command, CommandContext } from "./types";

interface Choice { id: number; name?: string; ome_name?: string; first_name?: string; last_name?: string; level?: string }
interface Props { refs: ObjectRef[]; name: string; context: CommandContext; close: () => void }

export const moveToGroup: Command = {
  name: "chgrp", label: "Move to group…", icon: "project",
  when: (refs) => refs.length > 0,
  perform: (refs, name, context) =>
    openDialog("Move to another group", (close) => <MoveDialog refs={refs} name={name} context={context} close={close} />),
};

export const changeOwner: Command = {
  name: "chown", label: "Change owner…", icon: "user",
  when: (refs) => refs.length > 0,
  mayUse: (session) => Boolean(session.user.is_admin) || session.groups.some((group) => group.is_owner),
  perform: (refs, name, context) =>
    openDialog("Change the owner", (close) => <GiveDialog refs={refs} name={name} context={context} close={close} />),
};

export const duplicateObjects: Command = {
  name: "duplicate", label: "Duplicate…", icon: "plus",
  when: (refs) => refs.length > 0,
  perform: (refs, name, { client }) =>
    openDialog("Duplicate", (close) => (
      <GraphDialog operation="duplicate" objects={namesOf(refs)} options={{}} action="Duplicate" close={close}
        onDone={async (report) => {
          say(report.made?.length === 1 ? `${name} was copied as ${report.made[0]}.` : `${report.made?.length ?? 0} copies were made.`);
          await refreshLists(client);
        }}>
        <div>Copy {told(refs, name)} with all that is in it. The copies belong to you and share the stored files and pixels.</div>
      </GraphDialog>
    )),
};

export const told = (refs: ObjectRef[], name: string): string => (refs.length === 1 ? `the ${refs[0]!.type} “${name}”` : `${refs.length} ${refs[0]!.type}s`);

function MoveDialog({ refs, name, context, close }: Props) {
  const [id, setId] = useState<string | null>(null);
  const groups = useQuery({
    queryKey: ["experimenter_groups"],
    queryFn: () => http.get<Page<Choice>>("/experimenter_groups", { limit: 1000, sort: "name" }),
  });
  const items = groups.data?.items ?? [];
  const chosen = items.find((item) => String(item.id) === id);
  return (
    <GraphDialog operation="chgrp" objects={namesOf(refs)} options={chosen ? { group: chosen.id } : null} action="Move" close={close}
      onDone={async () => {
        say(`Moved ${refs.length === 1 ? name : told(refs, name)} to ${chosen?.name}.`);
        await refreshLists(context.client);
      }}>
      <Select label={`Move ${told(refs, name)} to`} placeholder="Choose a group" size="sm" searchable value={id} onChange={setId} error={groups.error?.message}
        data={items.map((item) => ({ value: String(item.id), label: `${item.name} (${item.level})` }))} nothingFoundMessage="No group of that name" />
    </GraphDialog>
  );
}

function GiveDialog({ refs, name, context, close }: Props) {
  const [id, setId] = useState<string | null>(null);
  const people = useQuery({
    queryKey: ["experimenters"],
    queryFn: () => http.get<Page<Choice>>("/experimenters", { limit: 1000, sort: "ome_name" }),
  });
  const items = people.data?.items ?? [];
  const chosen = items.find((item) => String(item.id) === id);
  return (
    <GraphDialog operation="chown" objects={namesOf(refs)} options={chosen ? { owner: chosen.id } : null} action="Give" close={close}
      onDone={async () => {
        say(`${refs.length === 1 ? name : told(refs, name)} now ${refs.length === 1 ? "belongs" : "belong"} to ${chosen?.ome_name}.`);
        await refreshLists(context.client);
      }}>
      <Select label={`Give ${told(refs, name)} to`} placeholder="Choose a person" size="sm" searchable value={id} onChange={setId} error={people.error?.message}
        data={items.map((item) => ({ value: String(item.id), label: personOf(item) }))} nothingFoundMessage="Nobody of that name" />
    </GraphDialog>
  );
}

const personOf = (item: Choice): string => {
  const full = `${item.first_name ?? ""} ${item.last_name ?? ""}`.trim();
  return full ? `${full} (${item.ome_name})` : String(item.ome_name);
};
