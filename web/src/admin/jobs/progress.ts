import type { AnyJob } from "../data";

/** Seconds a job has run: until it ended, or until now; none before it began. */
export function secondsOf(job: Pick<AnyJob, "started_at" | "finished_at">, now: number): number | null {
  if (!job.started_at) return null;
  const end = job.finished_at ? Date.parse(job.finished_at) : now;
  return Math.max(0, (end - Date.parse(job.started_at)) / 1000);
}

/** A time span in its two largest units: 4 s, 3 min 20 s, 2 h 5 min, 1 d 3 h. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds < 1) return "under 1 s";
  const whole = Math.round(seconds);
  const parts: [number, string][] = [[Math.floor(whole / 86_400), "d"], [Math.floor(whole / 3600) % 24, "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
  const first = parts.findIndex(([count]) => count > 0);
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** What a job has made, as pairs of what and how many: {"images": [1, 2], "failed": []} -> images 2. */
export function resultOf(result: Record<string, unknown> | null): [string, string][] {
  return Object.entries(result ?? {}).flatMap(([name, value]): [string, string][] => {
    const told = Array.isArray(value) ? value.length : value;
    if (typeof told !== "number" || told === 0) return [];
    return [[`${name[0]!.toUpperCase()}${name.slice(1).replace(/_/g, " ")}`, told.toLocaleString("en")]];
  });
}

/** Why parts of a job failed, one line each: {"failed": [{"path": "a.tif", "reason": "..."}]}. */
export function failuresOf(result: Record<string, unknown> | null): string[] {
  const failed = Array.isArray(result?.failed) ? (result.failed as Record<string, unknown>[]) : [];
  return failed.filter((one) => typeof one === "object" && one !== null).map((one) => [one.path ?? one.username, one.reason].filter(Boolean).join(": "));
}
