import { Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { containerQuery } from "../api/objects";
import { useContainer } from "../shell/location";
import { openDialog } from "../ui/dialogs";
import { Icon } from "../ui/icons";
import { placesQuery, startOf } from "./places";
import { ServerDialog } from "./ServerDialog";

/** Offers what lies on the server, where there is a place to import from. */
export function FromServerItem() {
  const place = useContainer();
  const container = useQuery({ ...containerQuery(place?.type ?? "dataset", place?.id ?? 0), enabled: place !== null });
  const places = useQuery(placesQuery).data;
  if (!places?.length) return null;
  const open = () => openDialog("Import from the server", (close) => <ServerDialog start={startOf(place, container.data?.name ?? "")} onClose={close} />);
  return <Menu.Item leftSection={<Icon name="disk" />} onClick={open}>From the server…</Menu.Item>;
}
