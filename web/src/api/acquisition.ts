import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { http } from "./http";
import type { AcquiredImage, Planes } from "./types";

/** How an image was acquired; read once somebody wants to know. */
export function acquisitionQuery(id: number) {
  return queryOptions({
    queryKey: ["object", "image", id, "acquisition"],
    queryFn: () => http.get<AcquiredImage>(`/images/${id}`, { include: "pixels,channels,instrument,acquisition" }),
    staleTime: 30_000,
  });
}

/** A thousand planes at a time. */
export function planesQuery(id: number) {
  return infiniteQueryOptions({
    queryKey: ["planes", id],
    queryFn: ({ pageParam, signal }) => http.get<Planes>(`/images/${id}/planes`, { limit: 1000, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: Infinity,
  });
}

/** When the first slice of the first channel was taken at each time point; enough of them to be drawn. */
export function timesQuery(id: number) {
  return queryOptions({
    queryKey: ["planes", id, "times"],
    queryFn: ({ signal }) => http.get<Planes>(`/images/${id}/planes`, { limit: 5000, c: 0, z: 0 }, signal),
    staleTime: Infinity,
  });
}

export interface Pairs { items: [string, string][]; count: number; next: string | null }

/** What the files say of themselves, key by key. */
export function originalMetadataQuery(id: number, text: string) {
  return infiniteQueryOptions({
    queryKey: ["original-metadata", id, text],
    queryFn: ({ pageParam, signal }) => http.get<Pairs>(`/images/${id}/original_metadata`, { q: text, limit: 100, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: Infinity,
  });
}
