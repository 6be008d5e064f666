import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { http, type Query } from "./http";
import { pathOf } from "./objects";
import type { ObjectRef, Page } from "./types";

export type Action = "INSERT" | "UPDATE" | "DELETE" | "BIN" | "RESTORE";
export interface Doer { id: number | null; ome_name: string | null; name: string | null }
/** What an event did to one object; `parent` and `child` are what a link joins. */
export interface Change {
  event_id: number; time: string; action: Action; object: string; type: string; parent?: string; child?: string;
  experimenter: Doer; sudo_experimenter_id: number | null; reason: string | null; client: string | null; undoes_event_id: number | null;
  changes: Record<string, [unknown, unknown]>;
}
/** What objects are called, by `image:12`. */
export type Names = Record<string, string>;
export interface HistoryPageData extends Page<Change> { names: Names }

export interface HistoryEvent {
  id: number; time: string; experimenter: Doer; sudo_experimenter: { ome_name: string } | null; group: { id: number; name: string } | null;
  client: string | null; address: string | null; reason: string | null; undoes_event_id: number | null; undone_by_event_id: number | null;
  counts: { action: Action; kind: string; count: number }[]; has_more: boolean; changes: Change[];
}
export interface EventPage extends Page<HistoryEvent> { names: Names }
export interface EventFilter { by?: string; kind?: string; reason?: string; since?: string; until?: string }
export interface Undone { event_id: number | null; changes: { object: string; action: Action; changes: Record<string, [unknown, unknown]> }[] }

export function historyQuery(subject: ObjectRef, seen: number) {
  return infiniteQueryOptions({
    queryKey: ["object", subject.type, subject.id, "history", seen],
    queryFn: ({ pageParam, signal }) => http.get<HistoryPageData>(`${pathOf(subject)}/history`, { limit: 30, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
}

export function eventsQuery(filter: EventFilter) {
  return infiniteQueryOptions({
    queryKey: ["events", filter],
    queryFn: ({ pageParam, signal }) => http.get<EventPage>("/events", { ...(filter as Query), limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
}

export function calendarQuery(year: number, by: string | undefined) {
  return queryOptions({
    queryKey: ["calendar", year, by],
    queryFn: () => http.get<{ days: Record<string, number>; total: number }>("/events/calendar", { year, by }),
    placeholderData: (before) => before,
  });
}

export const peopleQuery = queryOptions({
  queryKey: ["experimenters"],
  queryFn: async () =>
    (await http.get<Page<{ id: number; ome_name: string; first_name: string; last_name: string }>>("/experimenters", { limit: 1000, sort: "ome_name" })).items,
  staleTime: 60_000,
});

/** Takes an event back; asked first, with a dry run, what that would do. */
export function useUndoing() {
  const client = useQueryClient();
  const send = (event: number, isDryRun: boolean, reason?: string) => http.post<Undone>(`/events/${event}/undo`, { dry_run: isDryRun }, reason);
  return useMutation({
    mutationFn: ({ event, isDryRun, reason }: { event: number; isDryRun: boolean; reason?: string }) => send(event, isDryRun, reason),
    onSuccess: (_, { isDryRun }) => (isDryRun ? undefined : client.invalidateQueries()),
  });
}
