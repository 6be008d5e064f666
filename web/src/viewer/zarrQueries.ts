import { queryOptions } from "@tanstack/react-query";
import { BASE } from "../api/base";
import { listLabels, ZarrImage } from "./zarr/zarrImage";

export const zarrPath = (id: number): string => `${BASE}/zarr/images/${id}.ome.zarr`;

export function zarrQuery(id: number) {
  return queryOptions({ queryKey: ["zarr", id], queryFn: () => ZarrImage.open(zarrPath(id)), staleTime: Infinity, structuralSharing: false });
}

export function labelNamesQuery(id: number) {
  return queryOptions({ queryKey: ["labels", id], queryFn: () => listLabels(zarrPath(id)), staleTime: 60_000 });
}

export function labelImageQuery(id: number, name: string) {
  return queryOptions({
    queryKey: ["labels", id, name],
    queryFn: () => ZarrImage.open(`${zarrPath(id)}/labels/${name}`),
    staleTime: Infinity,
    structuralSharing: false,
    enabled: name !== "",
  });
}
