import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { http } from "../../api/http";
import type { Page } from "../../api/types";
import type { Place, Way } from "../../places/places";

/** A place as administrators are told of it; the secret key is told to nobody. */
export interface NamedPlace extends Place {
  location: string; endpoint: string | null; region: string | null; access_key: string | null; has_secret_key: boolean;
  is_private: boolean; group_ids: number[]; created_at: string; strangers?: string[];
}

export const KINDS: { value: Place["kind"]; label: string; where: string; example: string }[] = [
  { value: "folder", label: "Folder", where: "Path on the server", example: "/mnt/nas" },
  { value: "bucket", label: "S3 bucket", where: "Bucket", example: "s3://bucket/prefix" },
  { value: "host", label: "Web host", where: "Address", example: "https://host/prefix" },
];
export const WAY_LABELS: Record<Way, string> = { "in-place": "Leave in place", copy: "Copy" };

export const namedPlacesQuery = queryOptions({
  queryKey: ["admin", "places"],
  queryFn: async () => (await http.get<Page<NamedPlace>>("/roots")).items,
});

/** Both what the console shows and what may be imported from are asked for anew. */
export function useRefreshPlaces() {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: ["admin", "places"] });
    await client.invalidateQueries({ queryKey: ["places"] });
  };
}

export const valuesOf = (place?: NamedPlace) => ({
  name: place?.name ?? "",
  kind: place?.kind ?? ("folder"),
  location: place?.location ?? "",
  endpoint: place?.endpoint ?? "",
  region: place?.region ?? "",
  access_key: place?.access_key ?? "",
  secret_key: "",
  ways: place?.ways ?? (["in-place", "copy"] as Way[]),
  is_private: place?.is_private ?? false,
  is_watched: place?.is_watched ?? false,
  group_ids: (place?.group_ids ?? []).map(String),
});
