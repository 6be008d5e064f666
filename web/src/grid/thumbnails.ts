import { thumbnailUrl } from "../api/objects";
import { createStore, useStore } from "../ui/store";

/** How often an image's look was changed here: part of the address, so that the browser asks for the new picture. */
const versions = createStore<Record<number, number>>({});

export const markThumbnailChanged = (id: number): void => versions.set((before) => ({ ...before, [id]: (before[id] ?? 0) + 1 }));

export function useThumbnailUrl(id: number, size: number): string {
  return thumbnailUrl(id, size, useStore(versions)[id]);
}
