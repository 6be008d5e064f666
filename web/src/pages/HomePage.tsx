import { Button } from "@mantine/core";
import { Navigate } from "@tanstack/react-router";
import { useSession } from "../api/session";
import { ImagesView } from "../grid/ImagesView";
import { useScope } from "../scope/scope";
import { Empty } from "../ui/Empty";
import { openUploadChooser } from "../upload/chooser";

/** The start: what came in last. */
export function HomePage() {
  const visit = useSession()?.visit;
  const { group, owner } = useScope();
  if (visit?.query) return <Navigate to="/search" search={{ q: visit.query }} replace />;
  if (visit?.object?.includes(":")) return <Navigate to={`/${visit.object.replace(":", "s/")}`} replace />;
  const empty = visit ? <Empty icon="image" title="There is nothing to see." /> : (
    <Empty icon="upload" title="Drop microscope files or folders anywhere to import them.">
      <Button mt={8} onClick={() => openUploadChooser("files")}>Choose files</Button>
    </Empty>
  );
  return <ImagesView title={visit ? "Images" : "Recent images"} filter={{ recent: true, group, owner }} fixedSort="-id" empty={empty} />;
}

/** Images in no dataset and in no well. */
export function OrphanedPage() {
  const { group, owner } = useScope();
  return (
    <ImagesView title="Orphaned images" filter={{ orphaned: true, group, owner }}
      empty={<Empty icon="check" title="Every image is in a dataset or a plate." />} />
  );
}
