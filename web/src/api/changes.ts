import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

/** One change, as the server tells it. */
export interface Change {
  class: string;
  id: number;
  event_id: number;
  kind: string;
}

/** Changes that come within this time are answered by one refresh. */
const GATHER_MS = 400;
const CONTAINERS = ["Project", "Dataset", "Screen", "Plate", "Folder"];

/** The first parts of the keys of those queries whose answers a change of a class may alter. */
export function staleAfter(name: string): string[] {
  if (CONTAINERS.includes(name)) return ["tree", "children", "object", "datasets", "search"];
  if (name === "Image") return ["images", "children", "object", "tree", "search"];
  if (name.endsWith("AnnotationLink") || name === "Annotation") return ["annotations", "tags", "search"];
  if (name.endsWith("Link")) return ["tree", "children", "images", "object"];
  if (["Channel", "LogicalChannel", "Pixels", "Objective", "Instrument"].includes(name)) return ["object"];
  if (name.startsWith("Well")) return ["wells", "well-place"];
  return [];
}

/** Refresh what changes make stale; several changes at once cost one refresh of each query that is shown. */
export function gather(client: Pick<QueryClient, "invalidateQueries">, wait = GATHER_MS) {
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = () => {
    const now = new Set(stale);
    stale.clear();
    timer = undefined;
    void client.invalidateQueries({ predicate: (query) => now.has(String(query.queryKey[0])) });
  };
  return {
    take(change: Change) {
      for (const key of staleAfter(change.class)) stale.add(key);
      if (stale.size > 0) timer ??= setTimeout(refresh, wait);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Follow what colleagues change, as long as the page is looked at: a browser keeps few connections to one server. */
export function useChanges(isSignedIn: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!isSignedIn) return;
    const gathered = gather(client);
    let source: EventSource | undefined;
    let last = "";
    const open = () => {
      source = new EventSource(`/api/v1/events/stream${last && `?after=${last}`}`);
      source.addEventListener("ready", (message) => { last = message.lastEventId; });
      source.addEventListener("change", (message: MessageEvent<string>) => {
        last = message.lastEventId;
        gathered.take(JSON.parse(message.data) as Change);
      });
      source.addEventListener("problem", () => source?.close());
    };
    const close = () => {
      source?.close();
      source = undefined;
    };
    const follow = () => {
      close();
      if (document.visibilityState === "visible") open();
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      gathered.stop();
      close();
    };
  }, [client, isSignedIn]);
}
