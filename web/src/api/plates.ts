import { queryOptions } from "@tanstack/react-query";
import { rowName } from "../plate/plateLayout";
import { http } from "./http";
import type { Container, Page, Well, WellSample } from "./types";

export interface WellPlace { plate: Container; well: string; field: number }

/** The plate, well and field of an image; null for an image of no plate. */
export function wellPlaceQuery(image: number, isWanted: boolean) {
  return queryOptions({
    queryKey: ["well-place", image],
    queryFn: async (): Promise<WellPlace | null> => {
      const samples = await http.get<Page<WellSample & { well_id: number }>>("/well_samples", { image_id: image, limit: 1 });
      const sample = samples.items[0];
      if (!sample) return null;
      const well = await http.get<Well & { plate_id: number }>(`/wells/${sample.well_id}`);
      const plate = await http.get<Container>(`/plates/${well.plate_id}`);
      return { plate, well: `${rowName(well.row)}${well.column + 1}`, field: (sample.field_index ?? 0) + 1 };
    },
    enabled: isWanted,
    staleTime: 60_000,
  });
}
