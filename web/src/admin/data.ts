import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { http } from "../api/http";
import type { JobState, Page } from "../api/types";

/** People and groups as the console reads them. */
export interface Account {
  id: number; version: number; ome_name: string; first_name: string; middle_name: string | null; last_name: string; email: string | null;
  institution: string | null; orcid: string | null; is_active: boolean; is_admin: boolean; privileges: string[] | null; default_group_id: number | null;
}
export type Level = "private" | "read-only" | "read-annotate" | "read-write";
export type BinaryAccess = "none" | "editors" | "editors-and-plates" | "members" | "all";
export interface UserGroup { id: number; version: number; name: string; description: string; level: Level; binary_access: BinaryAccess }
export interface Membership { id: number; parent_id: number; child_id: number; owner: boolean }
export interface OpenSession {
  id: number; experimenter_id: number; created_at: string | null; expires_at: string; group_id: number | null; sudo_experimenter_id: number | null;
}
export interface LevelReport { from: Level; to: Level; links: Record<string, number>; is_possible: boolean; dry_run: boolean }
export interface AnyJob {
  id: number; kind: string; state: JobState; progress: number; message: string; error: { detail?: string; title?: string } | null;
  result: Record<string, unknown> | null;
  created_at: string; started_at: string | null; finished_at: string | null; experimenter_id: number; sudo_experimenter_id: number | null;
}

async function all<T>(path: string, sort?: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await http.get<Page<T>>(path, { limit: 1000, sort, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

export const peopleQuery = queryOptions({ queryKey: ["admin", "people"], queryFn: () => all<Account>("/experimenters", "id") });
export const groupsQuery = queryOptions({ queryKey: ["admin", "groups"], queryFn: () => all<UserGroup>("/experimenter_groups", "id") });
export const membershipsQuery = queryOptions({ queryKey: ["admin", "memberships"], queryFn: () => all<Membership>("/group_experimenter_maps", "id") });
/** Who is signed in in a browser now; the newest first. */
export const sessionsQuery = queryOptions({
  queryKey: ["admin", "sessions"],
  queryFn: async () => (await http.get<Page<OpenSession>>("/admin/sessions")).items,
});

/** Everything of the console is asked for anew after a change; there is little of it. */
export function useRefresh() {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: ["admin"] });
    // One's own name, groups and rights may be among what was changed.
    await client.invalidateQueries({ queryKey: ["session"] });
  };
}

export const nameOf = (person: Pick<Account, "first_name" | "last_name" | "ome_name">): string =>
  [person.first_name, person.last_name].filter(Boolean).join(" ") || person.ome_name;

/** The groups of each person, and the people of each group. */
export function joinMemberships(memberships: Membership[]) {
  const ofPerson = new Map<number, Membership[]>();
  const ofGroup = new Map<number, Membership[]>();
  for (const membership of memberships) {
    append(ofPerson, membership.child_id, membership);
    append(ofGroup, membership.parent_id, membership);
  }
  return { ofPerson, ofGroup };
}

function append<V>(map: Map<number, V[]>, key: number, value: V): void {
  const found = map.get(key);
  if (found) found.push(value);
  else map.set(key, [value]);
}
