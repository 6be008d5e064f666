import { infiniteQueryOptions } from "@tanstack/react-query";
import type { Scope } from "../scope/scope";
import { http } from "./http";
import type { Page, SearchHit } from "./types";

export function searchQuery(q: string, { group, owner }: Scope) {
  return infiniteQueryOptions({
    queryKey: ["search", q, group, owner],
    queryFn: ({ pageParam, signal }) =>
      http.get<Page<SearchHit>>("/search", { q, type: "image,dataset,project,screen,plate", limit: 200, cursor: pageParam, group, owner }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled: q !== "",
  });
}
