import { createStore } from "../ui/store";

/** Which images of the grid are chosen, by id; `anchor` is where a range starts, `focus` where the keyboard stands. */
export interface Selection { ids: number[]; anchor: number | null; focus: number | null }

export const selection = createStore<Selection>({ ids: [], anchor: null, focus: null });

export type Reach = "one" | "toggle" | "range";

/** The selection after a click or key on `id`, in the order of `ids`. */
export function choose(before: Selection, ids: readonly number[], id: number, reach: Reach): Selection {
  if (reach === "toggle") {
    const isIn = before.ids.includes(id);
    return { ids: isIn ? before.ids.filter((other) => other !== id) : [...before.ids, id], anchor: id, focus: id };
  }
  const from = before.anchor === null ? -1 : ids.indexOf(before.anchor);
  const to = ids.indexOf(id);
  if (reach === "range" && from >= 0 && to >= 0) {
    return { ids: ids.slice(Math.min(from, to), Math.max(from, to) + 1), anchor: before.anchor, focus: id };
  }
  return { ids: [id], anchor: id, focus: id };
}

/** How a click's modifier keys extend the selection. */
export function reachOf(event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }): Reach {
  if (event.shiftKey) return "range";
  return event.ctrlKey || event.metaKey ? "toggle" : "one";
}

/** The index after an arrow key in a grid of `columns`; null for other keys. */
export function moveIndex(key: string, index: number, columns: number, count: number, page: number): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -columns * page, PageDown: columns * page, Home: -count, End: count,
  };
  const step = steps[key];
  if (step === undefined || count === 0) return null;
  const next = index + step;
  if ((key === "ArrowUp" && next < 0) || (key === "ArrowDown" && next >= count)) return index;
  return Math.max(0, Math.min(count - 1, next));
}
