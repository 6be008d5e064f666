import { queryOptions } from "@tanstack/react-query";
import { API, http, problemOf } from "../../api/http";
import type { Page } from "../../api/types";

export interface Setting { name: string; variable: string; value: unknown; default: unknown; origin: string; description: string | null; is_secret: boolean }
export interface Ready { is_ready: boolean; checks: Record<string, string> }
export interface LogLine {
  time: string; level: string; logger: string; message: string; request_id?: string; method?: string; path?: string; status?: number; duration_ms?: number;
  actor?: string | number; traceback?: string;
}

export const CHECKS: Record<string, string> = {
  database: "Database", migrations: "Database schema", folder: "Data folder", space: "Free space", worker: "Worker for jobs",
};

export const settingsQuery = queryOptions({ queryKey: ["admin", "settings"], queryFn: async () => (await http.get<Page<Setting>>("/admin/settings")).items });

export const readyQuery = queryOptions({
  queryKey: ["admin", "ready"],
  queryFn: async (): Promise<Ready> => {
    const response = await fetch(`${API}/health/ready`);
    // What is wrong comes as 503, with the same list of checks.
    if (!response.ok && response.status !== 503) throw await problemOf(response);
    return (await response.json()) as Ready;
  },
  refetchInterval: 15_000,
});

export const logQuery = (level: string, search: string) =>
  queryOptions({
    queryKey: ["admin", "log", level, search],
    queryFn: async () => (await http.get<Page<LogLine>>("/admin/logs", { level, search, limit: 500 })).items,
    refetchInterval: 10_000,
    placeholderData: (before: LogLine[] | undefined) => before,
  });

/** A setting's value as one line. */
export function tellValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length ? value.map(String).join(", ") : "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
