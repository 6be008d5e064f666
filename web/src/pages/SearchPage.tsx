import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { searchQuery } from "../api/search";
import type { ObjectType } from "../api/types";
import { GridBody, GridToolbar } from "../grid/ImagesView";
import { useScope } from "../scope/scope";
import { SearchFacets } from "../scope/SearchFacets";
import { pageOf } from "../shell/location";
import { Empty } from "../ui/Empty";
import { Icon, type IconName } from "../ui/icons";
import classes from "./ChildrenView.module.css";

export function SearchPage() {
  const { q = "" }: { q?: string } = useSearch({ strict: false });
  const scope = useScope();
  const found = useInfiniteQuery(searchQuery(q, scope));
  const hits = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data]);
  const images = useMemo(() => hits.filter((hit) => hit.type === "image"), [hits]);
  const others = hits.filter((hit) => hit.type !== "image");
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const onNeed = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const empty = others.length ? null : (
    <Empty icon="search" title={`Nothing found for ${q}`}>
      Words match the beginnings of words in names, descriptions, tags, comments and key-values; several words must all match. key=value finds a pair exactly.
    </Empty>
  );
  if (!q) return <Empty icon="search" title="Type something to search for.">Press / to get to the search box from anywhere.</Empty>;
  return (
    <>
      <GridToolbar title={`Found for ${q}`} count={found.isPending ? undefined : images.length}><SearchFacets q={q} /></GridToolbar>
      {others.length > 0 && (
        <ul className={`${classes.list} scroll`} style={{ flex: "none", maxHeight: "40%" }} aria-label="Projects, datasets, screens and plates">
          {others.map((hit) => (
            <li key={`${hit.type}-${hit.id}`}>
              <Link to={pageOf({ type: hit.type as ObjectType, id: hit.id })} className={classes.item}>
                <Icon name={iconOf(hit.type)} />
                <span className="truncate" style={{ flex: 1 }}>{hit.name}</span>
                <span className="muted">{hit.type}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      <GridBody key={q} items={images} total={images.length + (hasNextPage ? 1 : 0)} isPending={found.isPending} error={found.error} empty={empty}
        onNeed={onNeed} onRetry={() => void found.refetch()} />
    </>
  );
}

function iconOf(type: string): IconName {
  return type === "project" || type === "dataset" || type === "screen" || type === "plate" ? type : "image";
}
