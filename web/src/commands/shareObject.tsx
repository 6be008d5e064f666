import { ShareForm } from "../sharing/ShareForm";
import { openDialog } from "../ui/dialogs";
import type { Command } from "./types";

export const shareObject: Command = {
  name: "share", label: "Share…", icon: "link",
  when: (refs) => refs.length === 1,
  perform: (refs, name) => {
    const { type, id } = refs[0]!;
    openDialog(`Share ${name || `${type}:${id}`}`, () => <ShareForm object={`${type}:${id}`} />);
  },
};
