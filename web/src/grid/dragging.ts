import type { DragEvent } from "react";

/** The kind of a drag that carries images of the grid. */
export const IMAGES_DRAG = "application/x-micrarium-images";

export function setDraggedImages(event: DragEvent, ids: number[]): void {
  event.dataTransfer.setData(IMAGES_DRAG, JSON.stringify(ids));
  event.dataTransfer.setData("text/plain", ids.map((id) => `image:${id}`).join(" "));
}

export const hasImages = (event: DragEvent): boolean => event.dataTransfer.types.includes(IMAGES_DRAG);

export function draggedImages(event: DragEvent): number[] {
  try {
    const ids: unknown = JSON.parse(event.dataTransfer.getData(IMAGES_DRAG));
    return Array.isArray(ids) ? ids.filter((id): id is number => typeof id === "number") : [];
  } catch {
    return [];
  }
}
