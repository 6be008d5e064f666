import type { ContainerType, ObjectRef } from "../api/types";
import type { Target } from "./machine";

/** Where files dropped at a place of the page go: onto a row of the tree, else into the container whose page is open. */
export function targetAt(element: Element | null, place: ObjectRef | null, placeName: string): Target {
  const row = element?.closest<HTMLElement>("[data-drop-target]");
  if (row?.dataset.dropTarget) {
    const [type, id] = row.dataset.dropTarget.split(":") as [ContainerType, string];
    return targetOf({ type, id: Number(id) }, row.dataset.dropName ?? "");
  }
  return place ? targetOf(place, placeName) : { label: "no dataset" };
}

export function targetOf(ref: ObjectRef, name: string): Target {
  switch (ref.type) {
    case "dataset":
      return { dataset: ref.id, label: name || "this dataset" };
    case "project":
      return { project: ref.id, label: name || "this project" };
    case "screen":
      return { screen: ref.id, label: name || "this screen" };
    default:
      return { label: "no dataset" };
  }
}

/** A project holds datasets, not images: files dropped on it go into a dataset named after their folder or the day. */
export function withDataset(target: Target, paths: string[], today: string): Target {
  if (target.project === undefined || target.dataset !== undefined) return target;
  const folders = new Set(paths.map((path) => (path.includes("/") ? path.split("/")[0]! : "")));
  const [only] = folders;
  return { ...target, dataset: folders.size === 1 && only ? only : today };
}
