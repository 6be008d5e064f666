import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { type ImageFilter, imagesQuery } from "../api/objects";

/** The images of a place, page after page as far as they are needed. */
export function useImages(filter: ImageFilter, sort: string) {
  const query = useInfiniteQuery(imagesQuery(filter, sort));
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const onNeed = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return { ...query, items, onNeed };
}
