import { infiniteQueryOptions } from "@tanstack/react-query";
import { http } from "./http";
import type { Page, SearchHit } from "./types";

export function searchQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: ["search", q],
    queryFn: ({ pageParam, signal }) =>
      http.get<Page<SearchHit>>("/search", { q, type: "image,dataset,project,screen,plate", limit: 200, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled: q !== "",
  });
}
