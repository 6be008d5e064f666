/** What a review shows, worked out from a preview: folders with their filesets, numbers in words, and where things go. */
import type { PreviewFileset, PreviewImage } from "../api/types";
import type { Duplicates, Target } from "./machine";

export interface Folder { path: string; filesets: PreviewFileset[] }

/** Filesets by the folder they lie in, in the order they came. */
export function byFolder(filesets: PreviewFileset[]): Folder[] {
  const folders = new Map<string, PreviewFileset[]>();
  for (const fileset of filesets) {
    const path = fileset.path.includes("/") ? fileset.path.slice(0, fileset.path.lastIndexOf("/")) : "";
    const together = folders.get(path);
    if (together) together.push(fileset);
    else folders.set(path, [fileset]);
  }
  return [...folders].map(([path, together]) => ({ path, filesets: together }));
}

export const nameIn = (path: string): string => path.split("/").pop() ?? path;

export const plural = (count: number, noun: string): string => `${count.toLocaleString("en")} ${count === 1 ? noun : `${noun}s`}`;

export function describeCounts(counts: Record<string, number>): string {
  const told = [plural(counts.images ?? 0, "image"), `in ${plural(counts.filesets ?? 0, "fileset")}`];
  if (counts.plates) told.push(`on ${plural(counts.plates, "plate")}`);
  const rest = [plural(counts.files ?? 0, "file")];
  if (counts.known) rest.push(`${counts.known} here already`);
  if (counts.failed) rest.push(`${counts.failed} cannot be read`);
  return `${told.join(" ")}, ${rest.join(", ")}`;
}

export function describeImage(image: PreviewImage): string {
  const sizes = [`${image.x} × ${image.y}`];
  if (image.z > 1) sizes.push(`${image.z} planes`);
  if (image.t > 1) sizes.push(`${image.t} times`);
  if (image.c > 1) sizes.push(plural(image.c, "channel"));
  return [...sizes, image.pixels].join(", ");
}

/** What is chosen: images that are new, and those that are here already, of filesets that are not left out. */
export function chosenOf(filesets: PreviewFileset[], left: ReadonlySet<string>): { fresh: number; known: number } {
  const chosen = filesets.filter((fileset) => !left.has(fileset.path));
  const count = (some: PreviewFileset[]) => some.reduce((sum, fileset) => sum + fileset.image_count, 0);
  return { fresh: count(chosen.filter((fileset) => fileset.known === null)), known: count(chosen.filter((fileset) => fileset.known !== null)) };
}

/** What the button says that begins the import; null where nothing would come of it. */
export function describeAction({ fresh, known }: { fresh: number; known: number }, duplicates: Duplicates): string | null {
  const imported = fresh + (duplicates === "import" ? known : 0);
  if (imported > 0) return `Import ${plural(imported, "image")}`;
  return known > 0 && duplicates === "link" ? `Put ${plural(known, "image")} there` : null;
}

export interface TargetText { dataset: string; screen: string }
export interface Named { id: number; name: string }

/** The target that names in the review's fields mean: an offered one by its number, another name is made when missing. */
export function targetFrom(before: Target, text: TargetText, datasets: Named[], screens: Named[]): Target {
  const dataset = choose(text.dataset, datasets);
  const screen = choose(text.screen, screens);
  return { ...(typeof dataset === "number" ? {} : { project: before.project }), dataset, screen, label: text.dataset.trim() || text.screen.trim() || "no dataset" };
}

function choose(text: string, offered: Named[]): number | string | undefined {
  const name = text.trim();
  return name ? (offered.find((one) => one.name === name)?.id ?? name) : undefined;
}
