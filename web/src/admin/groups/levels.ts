import type { Level, LevelReport } from "../data";

export const LEVELS: { value: Level; label: string; means: string }[] = [
  { value: "private", label: "private", means: "Members see only their own data; owners see everything." },
  { value: "read-only", label: "read-only", means: "Members see each other's data and change only their own." },
  { value: "read-annotate", label: "read-annotate", means: "Members see and annotate each other's data." },
  { value: "read-write", label: "read-write", means: "Members see, annotate, change and delete each other's data." },
];

export const meaningOf = (level: Level): string => LEVELS.find((candidate) => candidate.value === level)?.means ?? "";
const openness = (level: Level): number => LEVELS.findIndex((candidate) => candidate.value === level);
export const isClosing = (from: Level, to: Level): boolean => openness(to) < openness(from);

/** The links a report counts, each in words: 2 "project_dataset_links" -> "2 project dataset links". */
export function linksOf(report: LevelReport): string[] {
  return Object.entries(report.links)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name.replace(/_/g, " ").replace(/ (\w+)s$/, (_, noun: string) => ` ${noun}${count === 1 ? "" : "s"}`)}`);
}

/** What a change of level does, in sentences. */
export function effectsOf(report: LevelReport): string[] {
  if (report.from === report.to) return ["Nothing changes."];
  const told = [`From ${report.from} to ${report.to}: ${meaningOf(report.to).replace(/^Members/, "members")}`];
  if (isClosing(report.from, report.to)) told.push("It takes effect at once.");
  if (linksOf(report).length === 0 && report.to === "private") told.push("Nothing here joins data of different people, so nothing is cut.");
  return told;
}
