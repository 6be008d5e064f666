import { ActionIcon, Menu } from "@mantine/core";
import { useSession } from "../api/session";
import type { ObjectRef } from "../api/types";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import { addToDataset } from "./addToDataset";
import { copyZarrLink } from "./copyZarrLink";
import { deleteObjects } from "./deleteObjects";
import { downloadOriginal } from "./downloadOriginal";
import { downloadOriginals } from "./downloadOriginals";
import { exportOmeTiff, exportOmeZarr } from "./exportImages";
import { changeOwner, duplicateObjects, moveToGroup } from "./graphCommands";
import { openImage } from "./openImage";
import { removeFromDataset } from "./removeFromDataset";
import { shareObject } from "./shareObject";
import type { Command } from "./types";
import { useCommandContext } from "./useCommandContext";

export const objectCommands: Command[] = [
  openImage, copyZarrLink, exportOmeZarr, exportOmeTiff, downloadOriginal, downloadOriginals, addToDataset, removeFromDataset, shareObject,
  moveToGroup, changeOwner, duplicateObjects, deleteObjects,
];

/** What somebody without an account can do. */
const visited: Command[] = [openImage, copyZarrLink, downloadOriginal];

/** All that can be done to the given objects. */
export function ObjectMenu({ refs, name }: { refs: ObjectRef[]; name: string }) {
  const context = useCommandContext();
  const session = useSession();
  const visit = session?.visit;
  const commands = visit ? objectCommands.filter((command) => visited.includes(command) && !(visit.is_blind && command === downloadOriginal)) : objectCommands;
  const possible = commands.filter((command) => command.when(refs) && (!command.mayUse || (session && command.mayUse(session))) && (command !== removeFromDataset || context.place?.type === "dataset"));
  if (possible.length === 0) return null;
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target><ActionIcon aria-label={`Actions for ${name || "this"}`}><Icon name="more" /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        {possible.map((command) => (
          <Menu.Item key={command.name} leftSection={<Icon name={command.icon} />} c={command.isDanger ? "var(--danger)" : undefined}
            onClick={() => void Promise.resolve(command.perform(refs, name, context)).catch(sayError)}>
            {command.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
