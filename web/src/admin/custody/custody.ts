import { queryOptions } from "@tanstack/react-query";
import { API, http } from "../../api/http";
import { isActive } from "../../api/jobs";
import type { JobState, Page } from "../../api/types";
import { formatBytes, formatDate } from "../../ui/units";

export interface Tally { total: number; bytes: number; checked: number; problems: Record<string, number>; oldest_check: string | null }
export interface Verified { originals: number; pyramids: number; bytes: number; problems: Record<string, number>; is_finished: boolean }
export interface Verification {
  id: number; state: JobState; progress: number; message: string; created_at: string; finished_at: string | null; result: Partial<Verified> | null;
}
export interface Custody {
  originals: Tally; pyramids: Tally; last: Verification | null; schedule: { days: number | null; hours: string; limit_mb_s: number };
}
export interface FileProblem {
  kind: string; object: string; name: string; image_id: number | null; image: string | null; location: string; checked_at: string; reason: string;
}
export interface Relinked {
  is_dry_run: boolean; missing_before: number; relinked: number; still_missing: number; refused: number;
  found: { object: string; from: string; to: string }[]; missing: { object: string; name: string; location: string }[];
  refusals: { path: string; object: string; reason: string }[];
}

export const KINDS: Record<string, string> = {
  missing: "Missing", changed: "Changed", unreadable: "Unreadable", away: "Missing in place", drifted: "Changed in place", rebuilt: "Pyramid rebuilt",
};
export const CSV = `${API}/admin/custody/problems.csv`;

export const custodyQuery = queryOptions({
  queryKey: ["admin", "custody"],
  queryFn: () => http.get<Custody>("/admin/custody"),
  refetchInterval: (query) => (query.state.data?.last && isActive({ ...query.state.data.last, kind: "", result: null }) ? 1500 : 30_000),
});

/** The first thousand; all of them are in the file. They are asked for anew when a verification has ended. */
export const problemsQuery = (kind: string, endedAt: string) =>
  queryOptions({
    queryKey: ["admin", "custody", "problems", kind, endedAt],
    placeholderData: (before: Page<FileProblem> | undefined) => before,
    queryFn: async () => http.get<Page<FileProblem>>("/admin/custody/problems", { limit: 1000, kind: kind || null }),
  });

/** How much of what is kept was verified: "1,200 of 1,300 (92 %), 4.2 TB; the oldest check was on ...". */
export function tellTally({ total, bytes, checked, oldest_check: oldest }: Tally): string {
  if (!total) return "none";
  const part = `${checked.toLocaleString("en")} of ${total.toLocaleString("en")} verified, ${formatBytes(bytes)} in all`;
  return oldest ? `${part}; the oldest check is of ${formatDate(oldest)}` : part;
}

export function countProblems({ originals, pyramids }: Custody): number {
  const open = [...Object.entries(originals.problems), ...Object.entries(pyramids.problems)].filter(([kind]) => kind !== "rebuilt");
  return open.reduce((sum, [, count]) => sum + count, 0);
}

/** What came of the last verification, or how far it is. */
export function tellLast(last: Verification | null): string {
  if (!last) return "Nothing was verified yet.";
  if (last.state === "queued" || last.state === "running") return `${Math.round(last.progress * 100)} %: ${last.message}`;
  const when = formatDate(last.finished_at ?? last.created_at);
  if (last.state !== "done") return `${last.state === "failed" ? "Failed" : "Cancelled"} on ${when}`;
  const { originals = 0, pyramids = 0, bytes = 0, problems = {}, is_finished: isFinished = true } = last.result ?? {};
  const wrong = Object.values(problems).reduce((sum, count) => sum + count, 0);
  const rest = isFinished ? "" : "; the rest is for other nights";
  return `${when}: ${originals.toLocaleString("en")} originals and ${pyramids.toLocaleString("en")} pyramids, ${formatBytes(bytes)}, ${wrong ? `${wrong} with problems` : "all well"}${rest}`;
}
