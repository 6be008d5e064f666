import { useQuery } from "@tanstack/react-query";
import { useRouteId } from "../shell/location";
import { Button } from "@mantine/core";
import { containerQuery } from "../api/objects";
import { useSession } from "../api/session";
import { ImagesView } from "../grid/ImagesView";
import { Empty } from "../ui/Empty";
import { Problem } from "../ui/Problem";
import { openUploadChooser } from "../upload/chooser";
import { ChildrenView } from "./ChildrenView";

/** The page of a project, dataset or screen. */
export function ContainerPage({ type }: { type: "project" | "dataset" | "screen" }) {
  const id = useRouteId();
  const isVisit = useSession()?.visit !== undefined;
  const container = useQuery(containerQuery(type, id));
  if (container.error) return <Problem error={container.error} onRetry={() => void container.refetch()} />;
  const name = container.data?.name ?? "";
  if (type !== "dataset") return <ChildrenView key={`${type}-${id}`} type={type} id={id} name={name} />;
  const empty = isVisit ? <Empty icon="dataset" title="This dataset has no images." /> : (
    <Empty icon="dataset" title="This dataset has no images yet.">
      Drop files here to import them, or drag images from another dataset onto it in the tree.
      <div><Button mt={12} onClick={() => openUploadChooser("files")}>Choose files</Button></div>
    </Empty>
  );
  return <ImagesView key={id} title={name} filter={{ dataset: id }} total={container.data?.child_count} subject={{ type, id }} empty={empty} />;
}
