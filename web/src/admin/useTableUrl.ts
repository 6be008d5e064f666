import { useNavigate, useSearch } from "@tanstack/react-router";

export interface TableSearch { q?: string; sort?: string; show?: string }

/** The search, sort and filter of a table, kept in the address so that going back finds them again. */
export function parseTableSearch(raw: Record<string, unknown>): TableSearch {
  const text = (name: string) => (typeof raw[name] === "string" && raw[name] ? raw[name] : undefined);
  return { q: text("q"), sort: text("sort"), show: text("show") };
}

export function useTableUrl(firstSort: string) {
  const search: TableSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = (next: TableSearch) => void navigate({ to: ".", search: { ...search, ...next }, replace: true });
  return { q: search.q ?? "", sort: search.sort ?? firstSort, show: search.show ?? "", change };
}
