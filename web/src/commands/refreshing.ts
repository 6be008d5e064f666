import type { QueryClient } from "@tanstack/react-query";

const LISTS = ["tree", "images", "children", "search", "wells", "object", "bin"];

/** Reads again whatever shows objects in lists. */
export const refreshLists = (client: QueryClient): Promise<void> =>
  client.invalidateQueries({ predicate: (query) => LISTS.includes(String(query.queryKey[0])) });
