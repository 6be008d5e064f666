import { Button, Menu } from "@mantine/core";
import { FromServerItem } from "../places/FromServerItem";
import { Icon } from "../ui/icons";
import { openUploadChooser } from "./chooser";

export function ImportButton() {
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button size="xs" leftSection={<Icon name="upload" />}>Import</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="image" />} onClick={() => openUploadChooser("files")}>Files…</Menu.Item>
        <Menu.Item leftSection={<Icon name="project" />} onClick={() => openUploadChooser("folder")}>Folder…</Menu.Item>
        <FromServerItem />
        <Menu.Label>Or drop them anywhere</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}
