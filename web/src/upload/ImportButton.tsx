import { Button, Menu } from "@mantine/core";
import { FromServerItem } from "../places/FromServerItem";
import { Icon } from "../ui/icons";
import { useStore } from "../ui/store";
import { openUploadChooser } from "./chooser";
import { isReviewing, setReviewing } from "./review";

export function ImportButton() {
  const isWanted = useStore(isReviewing);
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button size="xs" leftSection={<Icon name="upload" />}>Import</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="image" />} onClick={() => openUploadChooser("files")}>Files…</Menu.Item>
        <Menu.Item leftSection={<Icon name="project" />} onClick={() => openUploadChooser("folder")}>Folder…</Menu.Item>
        <FromServerItem />
        <Menu.Label>Or drop them anywhere</Menu.Label>
        <Menu.Divider />
        <Menu.CheckboxItem checked={isWanted} closeMenuOnClick={false} onChange={setReviewing}>Review before importing</Menu.CheckboxItem>
      </Menu.Dropdown>
    </Menu>
  );
}
