import { queryOptions } from "@tanstack/react-query";
import { http } from "../../api/http";

export type UseBy = "group" | "user" | "project";
export interface Use {
  id: number; name: string; total_bytes: number; original_bytes: number; original_count: number; derived_bytes: number; derived_count: number;
  in_place_bytes: number; in_place_count: number; quota_bytes?: number | null; remaining_bytes?: number | null;
}
export interface DiskUse { by: UseBy; items: Use[]; total: Omit<Use, "id" | "name"> }

export const diskUseQuery = (by: UseBy) => queryOptions({ queryKey: ["admin", "disk", by], queryFn: () => http.get<DiskUse>("/admin/disk_use", { by }) });

/** A bar's parts in percent: originals and pyramids of the quota where there is one, else of the largest use there is. */
export function barOf(use: Use, largest: number): { originals: number; pyramids: number; isFull: boolean } {
  const whole = use.quota_bytes ?? largest;
  if (whole <= 0) return { originals: use.total_bytes > 0 ? 100 : 0, pyramids: 0, isFull: use.quota_bytes === 0 };
  const originals = Math.min(100, (100 * use.original_bytes) / whole);
  const pyramids = Math.min(100 - originals, (100 * use.derived_bytes) / whole);
  return { originals, pyramids, isFull: use.quota_bytes !== null && use.quota_bytes !== undefined && use.total_bytes >= 0.9 * use.quota_bytes };
}

const UNITS: Record<string, number> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, pb: 1e15 };

/** A number of bytes as people write it: "1.5 TB", "500 GB"; null for nothing, "wrong" for what is no size. */
export function parseBytes(text: string): number | null | "wrong" {
  if (!text.trim()) return null;
  const match = /^([\d.,\s]+)([kmgtp]?b?)(?:ytes?)?$/i.exec(text.trim());
  const unit = (match?.[2] ?? "").toLowerCase();
  const factor = UNITS[unit.length === 1 && unit !== "b" ? `${unit}b` : unit];
  const value = Number((match?.[1] ?? "x").replace(/\s/g, "").replace(",", "."));
  if (!match || factor === undefined || !Number.isFinite(value) || value < 0) return "wrong";
  return Math.round(value * factor);
}
