import type { Action, Change, HistoryEvent, Names } from "../api/history";

/** The sentences in which history is told. */
const VERBS: Record<Action, string> = { INSERT: "made", UPDATE: "changed", DELETE: "removed", BIN: "put into the bin", RESTORE: "brought back" };
const KINDS: Record<string, string> = { experimenter_group: "group", original_file: "file", annotation: "annotation", roi: "region of interest" };
const LONGEST = 60;

export const kindName = (kind: string): string => KINDS[kind] ?? kind.replaceAll("_", " ");

/** `image “cells.tif”`, or `image:12` for what has no name; `this image` for what the history is of. */
export function label(object: string, names: Names, subject?: string): string {
  const kind = kindName(object.split(":")[0]!);
  if (object === subject) return `this ${kind}`;
  const name = names[object];
  if (name && kind === "annotation") return `“${shorten(name)}”`;
  return name ? `${kind} “${shorten(name)}”` : object;
}

export function describe(change: Change, names: Names, subject?: string): string {
  const of = (object: string) => label(object, names, subject);
  if (change.parent && change.child) {
    const isThere = change.action === "INSERT" || change.action === "RESTORE";
    const [on, off] = change.type.endsWith("AnnotationLink") ? ["on", "off"] : ["into", "out of"];
    return isThere ? `put ${of(change.child)} ${on} ${of(change.parent)}` : `took ${of(change.child)} ${off} ${of(change.parent)}`;
  }
  if (change.action === "BIN") return `put ${of(change.object)} into the bin`;
  if (change.action === "UPDATE" && Object.keys(change.changes).join() === "name") return `renamed ${of(change.object)}`;
  return `${VERBS[change.action]} ${of(change.object)}`;
}

/** What an event did in short: its one change, or how many there are of each kind. */
export function summarise(event: HistoryEvent, names: Names): string {
  const told = event.changes.length;
  const count = event.counts.reduce((sum, one) => sum + one.count, 0);
  if (told > 0 && count === told && told <= 3) {
    // That an annotation was made is said where it was put.
    const shown = event.changes.filter((change) => change.action !== "INSERT" || !event.changes.some((other) => other.child === change.object));
    if (shown.length <= 2) return shown.map((change) => describe(change, names)).join(", ");
  }
  const parts = event.counts.map(({ action, kind, count: n }) => {
    const what = `${n.toLocaleString("en")} ${n === 1 ? kindName(kind) : plural(kindName(kind))}`;
    return action === "BIN" ? `put ${what} into the bin` : `${VERBS[action]} ${what}`;
  });
  return parts.length ? parts.join(", ") + (event.has_more ? " and more" : "") : "changed what you may not see";
}

const plural = (kind: string): string => (kind === "region of interest" ? "regions of interest" : kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : kind.endsWith("s") ? kind : `${kind}s`);

/** The fields that a change gave other values, with both in words. */
export function valuesOf(change: Pick<Change, "action" | "changes">, names: Names): { field: string; old: string; now: string }[] {
  if (change.action !== "UPDATE") return [];
  return Object.entries(change.changes).map(([field, [old, now]]) => ({
    field: kindName(field.replace(/_id$/, "")), old: inWords(field, old, names), now: inWords(field, now, names),
  }));
}

const REFERS: Record<string, string> = { owner_id: "experimenter", group_id: "experimenter_group", default_group_id: "experimenter_group" };

function inWords(field: string, value: unknown, names: Names): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (field.endsWith("_id") && typeof value === "number") {
    const name = `${REFERS[field] ?? field.replace(/_id$/, "")}:${value}`;
    return names[name] ?? name;
  }
  if (Array.isArray(value)) return shorten(value.map((item) => (Array.isArray(item) ? item.join(" = ") : String(item))).join(", ")) || "nothing";
  return shorten(typeof value === "string" ? value : JSON.stringify(value));
}

const shorten = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`);

export const CLIENTS: Record<string, string> = { web: "in the browser", cli: "on the command line", python: "with Python", api: "over the API", server: "by the server" };

/** Events, or changes, one day after the other. */
export function byDay<T extends { time: string }>(items: T[]): [string, T[]][] {
  const days = new Map<string, T[]>();
  for (const item of items) {
    const day = item.time.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), item]);
  }
  return [...days];
}

/** Changes of one event after the other, as one. */
export function byEvent(changes: Change[]): Change[][] {
  const found: Change[][] = [];
  for (const change of changes) {
    const last = found.at(-1);
    if (last?.[0]!.event_id === change.event_id) last.push(change);
    else found.push([change]);
  }
  return found;
}
