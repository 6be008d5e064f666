import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Scope } from "../scope/scope";
import { API, http } from "./http";
import type { Container, ContainerType, ImageDetail, ImageItem, ObjectRef, ObjectType, Page, TreeItem, Well } from "./types";

/** The path segment of a type: image -> images. */
export const plural = (type: ObjectType): string => `${type}s`;
export const pathOf = (ref: ObjectRef): string => `/${plural(ref.type)}/${ref.id}`;
export const nameOf = (ref: ObjectRef): string => `${ref.type}:${ref.id}`;

export function childrenQuery(parent: { type: "project" | "screen"; id: number }) {
  const child = parent.type === "project" ? "datasets" : "plates";
  return queryOptions({
    queryKey: ["children", parent.type, parent.id],
    queryFn: () =>
      http.get<Page<TreeItem>>(`/${child}`, { [parent.type]: parent.id, limit: 1000, sort: "name", include: "child_count" }),
  });
}

export function containerQuery(type: ContainerType, id: number) {
  const isInside = type === "dataset" || type === "plate";
  const include = `child_count,permissions,owner${isInside ? ",containers" : ""}`;
  return queryOptions({
    queryKey: ["object", type, id],
    queryFn: () => http.get<Container>(`/${plural(type)}/${id}`, { include }),
  });
}

export function imageQuery(id: number) {
  return queryOptions({
    queryKey: ["object", "image", id],
    queryFn: () => http.get<ImageDetail>(`/images/${id}`, { include: "pixels,channels,owner,permissions,containers,instrument,custody" }),
    staleTime: 30_000,
  });
}

/** Images of a place, or those of a scope: the ones in nothing, or the latest. */
export type ImageFilter = { dataset: number } | { annotation: number } | (Scope & { orphaned: true }) | (Scope & { recent: true });
export type ImageSort = "name" | "-name" | "id" | "-id" | "-created_at";

/** Images a page at a time; 500 keeps a scroll through 10,000 to twenty requests. */
export function imagesQuery(filter: ImageFilter, sort: string) {
  const where = "recent" in filter ? { group: filter.group, owner: filter.owner } : filter;
  return infiniteQueryOptions({
    queryKey: ["images", filter, sort],
    queryFn: ({ pageParam, signal }) =>
      http.get<Page<ImageItem>>("/images", { ...where, sort, cursor: pageParam, limit: "recent" in filter ? 60 : 500, fields: "id,name" }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => ("recent" in filter ? null : last.next),
  });
}

export function wellsQuery(plate: number) {
  return queryOptions({
    queryKey: ["wells", plate],
    queryFn: async () => {
      const wells: Well[] = [];
      let cursor: string | null = null;
      do {
        const page: Page<Well> = await http.get<Page<Well>>("/wells", { plate, limit: 1000, cursor, include: "well_samples" });
        wells.push(...page.items);
        cursor = page.next;
      } while (cursor);
      return wells;
    },
  });
}

export const thumbnailUrl = (id: number, size: number, version = 0): string =>
  `${API}/images/${id}/thumbnail?size=${size}${version ? `&v=${version}` : ""}`;
