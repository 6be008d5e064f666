import { Button } from "@mantine/core";
import { Navigate } from "@tanstack/react-router";
import { useSession } from "../api/session";
import { ImagesView } from "../grid/ImagesView";
import { Empty } from "../ui/Empty";
import { openUploadChooser } from "../upload/chooser";

/** The start: what came in last. */
export function HomePage() {
  const visit = useSession()?.visit;
  if (visit?.query) return <Navigate to="/search" search={{ q: visit.query }} replace />;
  if (visit?.object?.includes(":")) return <Navigate to={`/${visit.object.replace(":", "s/")}`} replace />;
  const empty = visit ? <Empty icon="image" title="There is nothing to see." /> : (
    <Empty icon="upload" title="Drop microscope files or folders anywhere to import them.">
      <Button mt={8} onClick={() => openUploadChooser("files")}>Choose files</Button>
    </Empty>
  );
  return <ImagesView title={visit ? "Images" : "Recent images"} filter={{ recent: true }} fixedSort="-id" empty={empty} />;
}

export function OrphanedPage() {
  return (
    <ImagesView title="Images in no dataset" filter={{ orphaned: true }}
      empty={<Empty icon="check" title="Every image is in a dataset or a plate." />} />
  );
}
