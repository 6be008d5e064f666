import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { http } from "../api/http";
import type { Job, ObjectRef, Page } from "../api/types";

export type Way = "in-place" | "copy";
/** A folder, bucket or host of the server that one may import from. */
export interface Place { id: number; name: string; kind: "folder" | "bucket" | "host"; ways: Way[]; is_watched: boolean }
export interface Entry { name: string; path: string; is_folder: boolean; size: number | null; modified_at: string | null; format: string | null }
export interface Entries extends Page<Entry> { path: string; is_listable: boolean }

export const placesQuery = queryOptions({
  queryKey: ["places"],
  queryFn: async () => (await http.get<Page<Place>>("/roots")).items,
  staleTime: 60_000,
});

export const entriesQuery = (placeId: number, path: string) =>
  infiniteQueryOptions({
    queryKey: ["places", placeId, path],
    queryFn: ({ pageParam }) => http.get<Entries>(`/roots/${placeId}/entries`, { path, limit: 200, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    retry: false,
  });

/** The folders on the way to a path, each with its own path. */
export function crumbsOf(path: string): { name: string; path: string }[] {
  const parts = path.split("/").filter(Boolean);
  return parts.map((name, index) => ({ name, path: parts.slice(0, index + 1).join("/") }));
}

/** Whether a path lies in a folder that is chosen already; "" is the whole place. */
export const isInside = (path: string, chosen: ReadonlySet<string>): boolean =>
  [...chosen].some((one) => one !== path && (one === "" || path.startsWith(`${one}/`)));

/** What is chosen after a click: a folder takes the place of what lies in it. */
export function toggle(chosen: ReadonlySet<string>, path: string): Set<string> {
  const next = new Set(chosen);
  if (next.delete(path)) return next;
  for (const one of chosen) if (path === "" || one.startsWith(`${path}/`)) next.delete(one);
  return next.add(path);
}

/** A container is told by its number where it is there already, else by its name, by which it is made. */
export interface Goal { project?: number | string; dataset?: number | string; screen?: number | string }
export function goalOf(text: string, known: { id: number; name: string }[]): number | string | undefined {
  const name = text.trim();
  return name === "" ? undefined : (known.find((one) => one.name === name)?.id ?? name);
}

export function importFrom(place: Place, chosen: ReadonlySet<string>, way: Way, goal: Goal): Promise<Job> {
  const paths = [...chosen].sort().map((path) => `root:${place.id}/${path}`);
  return http.post<Job>("/imports", { paths, in_place: way === "in-place", ...goal });
}

export const startOf = (place: ObjectRef | null, name: string): Partial<Record<keyof Goal, string>> =>
  place && name && ["project", "dataset", "screen"].includes(place.type) ? { [place.type]: name } : {};
