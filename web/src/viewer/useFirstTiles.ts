import { useEffect } from "react";
import type { RenderingSettings } from "../api/types";
import { initialView } from "./useViewState";
import type { ViewSearch } from "./viewUrl";
import { levelForWindow } from "./zarr/tiles";
import type { ZarrImage } from "./zarr/zarrImage";

const MOST_CHUNKS = 48;

/**
 * Asks for the first plane's chunks as soon as it is known which they are, so that they travel while the map and its
 * shaders are being made. The map then finds them in the cache.
 */
export function useFirstTiles(zarr: ZarrImage | undefined, saved: RenderingSettings | undefined, search: ViewSearch): void {
  useEffect(() => {
    if (!zarr || !saved || search.zoom !== undefined) return;
    const view = initialView(search, saved, zarr);
    const active = view.settings.channels.filter((channel) => channel.active).map((channel) => channel.index);
    const level = levelForWindow(zarr.levels, window.innerWidth, window.innerHeight);
    const { width, height, chunkWidth, chunkHeight } = zarr.levels[level]!;
    if (Math.ceil(width / chunkWidth) * Math.ceil(height / chunkHeight) * active.length <= MOST_CHUNKS) zarr.prefetchPlane(level, view, active);
    // Only once, for the view one arrives at.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [zarr, saved]);
}
