import { queryOptions } from "@tanstack/react-query";
import { http } from "./http";
import type { Histogram, RenderingSettings } from "./types";

export function renderingQuery(id: number) {
  return queryOptions({
    queryKey: ["rendering", id],
    queryFn: () => http.get<RenderingSettings>(`/images/${id}/rendering`),
    staleTime: 60_000,
  });
}

export function histogramQuery(id: number, channel: number, z: number, t: number) {
  return queryOptions({
    queryKey: ["histogram", id, channel, z, t],
    queryFn: ({ signal }) => http.get<Histogram>(`/images/${id}/histogram`, { channel, z, t, bins: 256 }, signal),
    staleTime: Infinity,
  });
}
