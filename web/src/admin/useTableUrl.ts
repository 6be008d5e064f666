import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

export interface TableSearch { q?: string; sort?: string; show?: string }

/** The search, sort and filter of a table, kept in the address so that going back finds them again. */
export function parseTableSearch(raw: Record<string, unknown>): TableSearch {
  const text = (name: string) => (typeof raw[name] === "string" && raw[name] ? raw[name] : undefined);
  return { q: text("q"), sort: text("sort"), show: text("show") };
}

const written = (search: TableSearch): string => JSON.stringify([search.q ?? "", search.sort ?? "", search.show ?? ""]);

export function useTableUrl(firstSort: string) {
  const address: TableSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  // The address follows a moment later; what is typed must not wait for it.
  const [search, setSearch] = useState(address);
  const [awaited, setAwaited] = useState<string | null>(null);
  const [seen, setSeen] = useState(written(address));
  if (written(address) !== seen) {
    setSeen(written(address));
    if (awaited === null) setSearch(address);
    else if (written(address) === awaited) setAwaited(null);
  }
  const change = (next: TableSearch) => {
    const wanted = { ...search, ...next };
    setSearch(wanted);
    setAwaited(written(wanted) === seen ? null : written(wanted));
    void navigate({ to: ".", search: wanted, replace: true });
  };
  return { q: search.q ?? "", sort: search.sort ?? firstSort, show: search.show ?? "", change };
}
