import type { ReactNode } from "react";

export type CellValue = string | number | boolean | null | undefined;
export interface Column<T> {
  key: string;
  label: string;
  /** What the column is sorted and searched by. */
  value: (row: T) => CellValue;
  cell?: (row: T) => ReactNode;
  width?: number | string;
  align?: "right";
  isSearched?: boolean;
  /** Long texts are shown whole, on several lines. */
  isWrapping?: boolean;
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function compare(a: CellValue, b: CellValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return collator.compare(String(a), String(b));
}
const isMissing = (value: CellValue) => value === null || value === undefined || value === "";

/** Rows by a column, `-` before its key for the other way round; what is missing comes last both ways. */
export function sortRows<T>(rows: T[], columns: Column<T>[], sort: string): T[] {
  const isDown = sort.startsWith("-");
  const column = columns.find((candidate) => candidate.key === sort.replace(/^-/, ""));
  if (!column) return rows;
  return [...rows].sort((left, right) => {
    const [a, b] = [column.value(left), column.value(right)];
    if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
    return isDown ? compare(b, a) : compare(a, b);
  });
}

/** The text without case and accents, so that muller finds Müller. */
const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase("en");

/** The rows in which every word stands in some column. */
export function searchRows<T>(rows: T[], columns: Column<T>[], text: string): T[] {
  const words = plain(text).split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  const searched = columns.filter((column) => column.isSearched !== false);
  return rows.filter((row) => {
    const all = plain(searched.map((column) => String(column.value(row) ?? "")).join("\n"));
    return words.every((word) => all.includes(word));
  });
}

/** The sort after a click on a column's head: up, then down. */
export const nextSort = (sort: string, key: string): string => (sort === key ? `-${key}` : key);
