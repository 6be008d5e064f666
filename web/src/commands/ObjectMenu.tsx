import { ActionIcon, Menu } from "@mantine/core";
import type { ObjectRef } from "../api/types";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import { addToDataset } from "./addToDataset";
import { copyZarrLink } from "./copyZarrLink";
import { deleteObjects } from "./deleteObjects";
import { downloadOriginal } from "./downloadOriginal";
import { downloadOriginals } from "./downloadOriginals";
import { exportOmeTiff, exportOmeZarr } from "./exportImages";
import { openImage } from "./openImage";
import { removeFromDataset } from "./removeFromDataset";
import { useCommandContext } from "./useCommandContext";

export const objectCommands = [openImage, copyZarrLink, exportOmeZarr, exportOmeTiff, downloadOriginal, downloadOriginals, addToDataset, removeFromDataset, deleteObjects];

/** All that can be done to the given objects. */
export function ObjectMenu({ refs, name }: { refs: ObjectRef[]; name: string }) {
  const context = useCommandContext();
  const possible = objectCommands.filter((command) => command.when(refs) && (command !== removeFromDataset || context.place?.type === "dataset"));
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
