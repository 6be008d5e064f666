import { Button } from "@mantine/core";
import { ImagesView } from "../grid/ImagesView";
import { Empty } from "../ui/Empty";
import { openUploadChooser } from "../upload/chooser";

/** The start: what came in last. */
export function HomePage() {
  const empty = (
    <Empty icon="upload" title="Drop microscope files or folders anywhere to import them.">
      <Button mt={8} onClick={() => openUploadChooser("files")}>Choose files</Button>
    </Empty>
  );
  return <ImagesView title="Recent images" filter={{ recent: true }} fixedSort="-id" empty={empty} />;
}

export function OrphanedPage() {
  return (
    <ImagesView title="Images in no dataset" filter={{ orphaned: true }}
      empty={<Empty icon="check" title="Every image is in a dataset or a plate." />} />
  );
}
