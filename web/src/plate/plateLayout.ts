import type { Well } from "../api/types";

/** 0 -> A, 25 -> Z, 26 -> AA. */
export function rowName(row: number): string {
  let name = "";
  for (let rest = row + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  return name;
}

export interface PlateLayout { rows: number; columns: number; at: Map<string, Well> }

/** Wells by place, and how large the plate is: as it says, or as its wells reach. */
export function layOut(wells: Well[], rows = 0, columns = 0): PlateLayout {
  return {
    rows: wells.reduce((most, well) => Math.max(most, well.row + 1), rows),
    columns: wells.reduce((most, well) => Math.max(most, well.column + 1), columns),
    at: new Map(wells.map((well) => [`${well.row}/${well.column}`, well])),
  };
}

export function imageOf(well: Well | undefined, field: number): number | null {
  const samples = [...(well?.well_samples ?? [])].sort((a, b) => (a.field_index ?? 0) - (b.field_index ?? 0));
  return samples[field]?.image_id ?? null;
}
