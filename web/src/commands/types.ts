import type { QueryClient } from "@tanstack/react-query";
import type { ObjectRef, Session } from "../api/types";
import type { IconName } from "../ui/icons";

/** What a command acts on and acts with. */
export interface CommandContext {
  client: QueryClient;
  go: (path: string) => Promise<void>;
  /** The container whose page is open. */
  place: ObjectRef | null;
}

/** One thing one can do to objects: menus, toolbars and keys all read the same object. */
export interface Command {
  name: string;
  label: string;
  icon: IconName;
  isDanger?: boolean;
  when: (refs: ObjectRef[]) => boolean;
  /** Who may use it at all; everyone where it is not said. */
  mayUse?: (session: Session) => boolean;
  perform: (refs: ObjectRef[], name: string, context: CommandContext) => void | Promise<void>;
}
