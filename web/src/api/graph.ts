import { http } from "./http";
import { errorOf, followJob } from "./jobs";
import { nameOf } from "./objects";
import type { Job, ObjectRef } from "./types";

export type Operation = "delete" | "chgrp" | "chown" | "duplicate" | "purge";

export interface Told { object: string; name: string | null; why?: string }

/** What an operation did, or would do (docs/reference/http.md). */
export interface Report {
  operation: Operation;
  dry_run: boolean;
  counts: Record<string, number>;
  named: Told[];
  refused: string[];
  stays?: Told[];
  stays_count?: Record<string, number>;
  links_cut?: Record<string, number>;
  settings_binned?: number;
  made?: string[];
  files?: { count: number; bytes: number } | null;
}

export interface Options { group?: number; owner?: number; purge?: boolean; include?: string[]; exclude?: string[]; reason?: string }

/** What would happen; nothing is changed. */
export const preview = (operation: Operation, objects: string[], options: Options = {}): Promise<Report> =>
  http.post<Report>(`/graph/${operation}`, { objects, dry_run: true, ...options });

/** What happened, once it has: many objects are the work of a job. */
export async function perform(operation: Operation, objects: string[], options: Options = {}): Promise<Report> {
  return ended(await http.post<Report | Job>(`/graph/${operation}`, { objects, ...options }));
}

export async function emptyBin(isDryRun: boolean): Promise<Report> {
  return ended(await http.post<Report | Job>("/bin/empty", { dry_run: isDryRun }));
}

async function ended(answer: Report | Job): Promise<Report> {
  if (!("state" in answer)) return answer;
  const job = await followJob(answer.id);
  if (job.state !== "done") throw new Error(errorOf(job));
  return job.result as unknown as Report;
}

export const namesOf = (refs: ObjectRef[]): string[] => refs.map(nameOf);

/** "1 project, 2 datasets", the largest things first. */
export function counted(counts: Record<string, number>): string {
  const words = Object.entries(counts).sort(([a], [b]) => rank(a) - rank(b));
  return words.map(([kind, n]) => `${n.toLocaleString()} ${n === 1 ? spell(kind) : plural(spell(kind))}`).join(", ");
}

const ORDER = ["project", "screen", "dataset", "plate", "folder", "image", "roi", "annotation"];
const rank = (kind: string): number => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
const SPELLED: Record<string, string> = { roi: "region of interest", original_file: "file", rendering_def: "rendering setting" };
const spell = (kind: string): string => SPELLED[kind] ?? kind.replaceAll("_", " ");
const plural = (word: string): string => (word === "region of interest" ? "regions of interest" : `${word}s`);
