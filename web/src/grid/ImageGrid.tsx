import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type MouseEvent, useEffect, useRef } from "react";
import type { ImageItem } from "../api/types";
import { useStore } from "../ui/store";
import { GridCell } from "./GridCell";
import { choose, moveIndex, reachOf, selection } from "./selection";
import classes from "./ImageGrid.module.css";

interface Props {
  items: ImageItem[];
  /** How many there are, loaded or not: the scroll bar tells the truth from the start. */
  total: number;
  cellSize: number;
  onNeed: (index: number) => void;
}

const GAP = 8;
const NAME_HEIGHT = 24;

/** Thumbnails, of which only those near the window exist in the page. */
export function ImageGrid({ items, total, cellSize, onNeed }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: measure, width } = useElementSize<HTMLDivElement>();
  const chosen = useStore(selection);
  const navigate = useNavigate();
  const columns = Math.max(1, Math.floor((width + GAP) / (cellSize + GAP)));
  // Columns share the width that is left over, so a cell may be wider than asked.
  const cellWidth = Math.floor((width - GAP * (columns - 1)) / columns);
  const rowHeight = cellWidth + NAME_HEIGHT + GAP;
  const rows = useVirtualizer({
    count: Math.ceil(total / columns), getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 4, paddingStart: 12, paddingEnd: 12,
  });
  useEffect(() => rows.measure(), [rows, rowHeight]);
  const visible = rows.getVirtualItems();
  const lastNeeded = visible.length ? Math.min(total, (visible[visible.length - 1]!.index + 1) * columns) - 1 : 0;
  useEffect(() => {
    if (lastNeeded >= items.length - columns * 4 && items.length < total) onNeed(lastNeeded);
  }, [lastNeeded, items.length, total, columns, onNeed]);
  const ids = items.map((item) => item.id);
  const focused = chosen.focus ?? ids[0] ?? null;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      selection.set({ ids, anchor: ids[0] ?? null, focus: chosen.focus });
      return;
    }
    if (event.key === "Enter" && focused !== null) return void navigate({ to: `/images/${focused}` });
    if (event.key === "Escape") return selection.set({ ids: [], anchor: null, focus: chosen.focus });
    if (event.key === " " && focused !== null) {
      event.preventDefault();
      return selection.set(choose(chosen, ids, focused, "toggle"));
    }
    const at = focused === null ? -1 : ids.indexOf(focused);
    const isStart = chosen.focus === null;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight));
    const next = moveIndex(event.key, isStart ? 0 : at, columns, items.length, page);
    if (next === null) return;
    event.preventDefault();
    const target = isStart && event.key.startsWith("Arrow") ? 0 : next;
    selection.set(choose(chosen, ids, ids[target]!, event.shiftKey ? "range" : "one"));
    rows.scrollToIndex(Math.floor(target / columns));
  };
  useEffect(() => {
    // The keyboard's place follows the selection once its cell exists.
    if (chosen.focus === null || !scroller.current?.contains(document.activeElement)) return;
    scroller.current.querySelector<HTMLElement>(`[data-image="${chosen.focus}"]`)?.focus({ preventScroll: true });
  });
  const onChoose = (event: MouseEvent, id: number) => selection.set(choose(selection.get(), ids, id, reachOf(event)));

  return (
    <div ref={scroller} className={classes.scroller} role="listbox" aria-multiselectable="true" aria-label="Images" onKeyDown={onKeyDown}>
      <div ref={measure} style={{ height: rows.getTotalSize(), position: "relative" }}>
        {width > 0 && visible.map((row) => (
          <div key={row.key} role="presentation" className={classes.row}
            style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: rowHeight - GAP }}>
            {Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, column) => {
              const index = row.index * columns + column;
              const item = items[index];
              if (!item) return <div key={`empty-${index}`} className={classes.placeholder} />;
              return (
                <GridCell key={item.id} item={item} index={index} total={total} isChosen={chosen.ids.includes(item.id)} isFocusable={item.id === focused}
                  size={cellSize} onChoose={onChoose} onOpen={(id) => void navigate({ to: `/images/${id}` })} />
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}
