import { Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { renderingQuery } from "../api/rendering";
import { useRouteId } from "../shell/location";
import { Problem } from "../ui/Problem";
import { useForcedDark } from "../ui/scheme";
import { useDelayed } from "../ui/useDelayed";
import type { ViewSearch } from "./viewUrl";
import { Viewer } from "./Viewer";
import { useFirstTiles } from "./useFirstTiles";
import { zarrQuery } from "./zarrQueries";
import classes from "./Viewer.module.css";

export { warmUpCodecs } from "./zarr/codecs";

export function ViewerPage() {
  useForcedDark();
  const id = useRouteId();
  const search: ViewSearch = useSearch({ strict: false });
  const rendering = useQuery(renderingQuery(id));
  const zarr = useQuery(zarrQuery(id));
  useFirstTiles(zarr.data, rendering.data, search);
  const isLate = useDelayed(rendering.isPending || zarr.isPending);
  const error = rendering.error ?? zarr.error;
  if (error) {
    const retry = () => void Promise.all([rendering.refetch(), zarr.refetch()]);
    return <main className={classes.page}><Problem error={error} onRetry={retry} /></main>;
  }
  if (!rendering.data || !zarr.data) {
    return <main className={classes.page}>{isLate && <Loader className={classes.wait} size="sm" aria-label="Opening the image" />}</main>;
  }
  return <Viewer key={id} id={id} zarr={zarr.data} saved={rendering.data} search={search} />;
}
