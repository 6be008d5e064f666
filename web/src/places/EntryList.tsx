import { Button, Checkbox, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { formatBytes, formatDate } from "../ui/units";
import { type Entry, entriesQuery, isInside, type Place } from "./places";
import classes from "./Places.module.css";

interface Props { place: Place; path: string; chosen: ReadonlySet<string>; onOpen: (path: string) => void; onToggle: (path: string) => void }

/** What lies in a folder of a place: folders are opened, folders and files are chosen. */
export function EntryList({ place, path, chosen, onOpen, onToggle }: Props) {
  const pages = useInfiniteQuery(entriesQuery(place.id, path));
  const entries = pages.data?.pages.flatMap((page) => page.items) ?? [];
  if (pages.error) return <Problem error={pages.error} onRetry={() => void pages.refetch()} />;
  if (pages.isPending) return <Skeleton height={280} />;
  return (
    <ul className={classes.list} aria-label={`In ${path || place.name}`}>
      <Row entry={{ name: `All of ${path || place.name}`, path, is_folder: true, size: null, modified_at: null, format: null }} chosen={chosen} onToggle={onToggle} />
      {entries.map((entry) => <Row key={entry.path} entry={entry} chosen={chosen} onToggle={onToggle} onOpen={onOpen} />)}
      {entries.length === 0 && <li className={classes.note}>Nothing lies here.</li>}
      {pages.hasNextPage && <li className={classes.note}><Button size="compact-xs" variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>Show more</Button></li>}
    </ul>
  );
}

interface RowProps { entry: Entry; chosen: ReadonlySet<string>; onToggle: (path: string) => void; onOpen?: (path: string) => void }

function Row({ entry, chosen, onToggle, onOpen }: RowProps) {
  const isIn = isInside(entry.path, chosen);
  const isChosen = isIn || chosen.has(entry.path);
  return (
    <li data-chosen={isChosen || undefined}>
      <Checkbox size="xs" aria-label={`Choose ${entry.name}`} checked={isChosen} disabled={isIn} onChange={() => onToggle(entry.path)} />
      <span className={classes.kind}>{onOpen && <Icon name={entry.is_folder ? "project" : "image"} size={14} />}</span>
      {onOpen && entry.is_folder
        ? <button type="button" className="truncate" title={entry.name} onClick={() => onOpen(entry.path)}>{entry.name}</button>
        : <span className={onOpen ? "truncate" : `truncate ${classes.kind}`} title={entry.name}>{entry.name}</span>}
      <span className={`${classes.kind} truncate`}>{entry.format ?? ""}</span>
      <span className={classes.number}>{entry.size === null ? "" : formatBytes(entry.size)}</span>
      <span className={classes.number}>{entry.modified_at ? formatDate(entry.modified_at) : ""}</span>
    </li>
  );
}
