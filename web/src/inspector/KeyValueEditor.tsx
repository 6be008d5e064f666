import { ActionIcon, Textarea } from "@mantine/core";
import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Icon } from "../ui/icons";
import { arePairsEqual, cleanPairs, movePair, type Pair, removePair, setPair } from "./pairs";
import classes from "./Inspector.module.css";

interface Props { pairs: Pair[]; isSaving: boolean; onSave: (pairs: Pair[]) => Promise<unknown> }

/**
 * Rows of keys and values with an empty one at the end. A row is saved when one leaves it or presses Enter; rows move by
 * dragging or with Alt and the arrow keys.
 */
export function KeyValueEditor({ pairs, isSaving, onSave }: Props) {
  const [draft, setDraft] = useState<Pair[]>(pairs);
  const [over, setOver] = useState<number | null>(null);
  const dragged = useRef<number | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const isEditing = useRef(false);
  // What the server says replaces the draft, but never under a person's fingers.
  const sent = useRef(pairs);
  useEffect(() => {
    if (isSaving) return;
    sent.current = pairs;
    if (!isEditing.current) setDraft(pairs);
  }, [pairs, isSaving]);

  const save = (next: Pair[]) => {
    const clean = cleanPairs(next);
    if (arePairsEqual(clean, sent.current)) return;
    sent.current = clean;
    void onSave(clean);
  };
  const edit = (row: number, column: 0 | 1, value: string) => {
    const old = draft[row] ?? ["", ""];
    const pair: Pair = column === 0 ? [value, old[1]] : [old[0], value];
    setDraft(row < draft.length ? setPair(draft, row, pair) : [...draft, pair]);
  };
  // At once, not in the next frame: fast typing must not end in the cell one has just left.
  const focusCell = (row: number, column: 0 | 1) => list.current?.querySelector<HTMLElement>(`[data-cell="${row}-${column}"]`)?.focus();
  const onKeyDown = (event: KeyboardEvent, row: number, column: 0 | 1) => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const to = row + (event.key === "ArrowUp" ? -1 : 1);
      if (row >= draft.length || to < 0 || to >= draft.length) return;
      const next = movePair(draft, row, to);
      setDraft(next);
      save(next);
      return void focusCell(to, column);
    }
    if (event.key === "Escape") {
      setDraft(pairs);
      (event.target as HTMLElement).blur();
    }
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (column === 0) return void focusCell(row, 1);
    save(draft);
    focusCell(row + 1, 0);
  };
  const onBlur = (event: FocusEvent<HTMLElement>) => {
    const isSameRow = event.relatedTarget instanceof HTMLElement && event.currentTarget.contains(event.relatedTarget);
    if (isSameRow) return;
    isEditing.current = list.current?.contains(event.relatedTarget) ?? false;
    save(draft);
  };
  const drop = (to: number) => {
    const from = dragged.current;
    dragged.current = null;
    setOver(null);
    if (from === null || from === to) return;
    const next = movePair(draft, from, to);
    setDraft(next);
    save(next);
  };
  const rows: Pair[] = [...draft, ["", ""]];
  return (
    <div ref={list} aria-busy={isSaving} role="group" aria-label="My key-values">
      {rows.map(([key, value], row) => {
        const isLast = row === draft.length;
        return (
          <div key={row} className={`${classes.row} ${isLast ? classes.fresh : ""}`} data-over={over === row || undefined} onBlur={onBlur} onFocus={() => (isEditing.current = true)}
            onDragOver={(event) => {
              if (dragged.current === null || isLast) return;
              event.preventDefault();
              setOver(row);
            }} onDrop={() => drop(row)}>
            {isLast ? <span /> : (
              <span className={classes.grip} draggable title="Drag to move (Alt+↑, Alt+↓)" onDragStart={() => (dragged.current = row)} onDragEnd={() => setOver(null)}>
                <Icon name="grip" size={14} />
              </span>
            )}
            {([0, 1] as const).map((column) => (
              <Textarea key={column} size="xs" autosize minRows={1} className={classes.cell} value={column === 0 ? key : value}
                aria-label={labelOf(isLast, column, row, key)} placeholder={isLast ? (column === 0 ? "Key" : "Value") : undefined} data-cell={`${row}-${column}`}
                onChange={(event) => edit(row, column, event.currentTarget.value)} onKeyDown={(event) => onKeyDown(event, row, column)} />
            ))}
            {isLast ? <span /> : (
              <ActionIcon size="sm" aria-label={`Remove ${key || `row ${row + 1}`}`} onClick={() => {
                const next = removePair(draft, row);
                setDraft(next);
                save(next);
              }}><Icon name="close" size={12} /></ActionIcon>
            )}
          </div>
        );
      })}
    </div>
  );
}

function labelOf(isLast: boolean, column: 0 | 1, row: number, key: string): string {
  if (isLast) return column === 0 ? "New key" : "New value";
  return column === 0 ? `Key ${row + 1}` : `Value of ${key}`;
}
