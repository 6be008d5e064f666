import { queryOptions } from "@tanstack/react-query";
import type { Scope } from "../scope/scope";
import { http } from "./http";
import type { Group, Page, Person, Tree } from "./types";

export interface Owner extends Omit<Person, "username"> { username: string | null; counts: Record<string, number> }
export interface Counted { count: number }
export interface Facets {
  types: (Counted & { type: string })[];
  owners: (Counted & Pick<Owner, "id" | "username" | "first_name" | "last_name">)[];
  groups: (Counted & { id: number; name: string | null })[];
}

export const treeQuery = ({ group, owner }: Scope) =>
  queryOptions({ queryKey: ["tree", group, owner], queryFn: () => http.get<Tree>("/tree", { group, owner }) });

/** Whose data there is to look at, oneself first. */
export const ownersQuery = (group: number | null) =>
  queryOptions({ queryKey: ["tree", "owners", group], queryFn: async () => (await http.get<Page<Owner>>("/tree/owners", { group })).items });

/** Every group, which only administrators see. */
export const allGroupsQuery = queryOptions({
  queryKey: ["groups"],
  queryFn: async () => (await http.get<Page<Pick<Group, "id" | "name" | "level">>>("/experimenter_groups", { limit: 1000, sort: "name", fields: "id,name,level" })).items,
});

export const facetsQuery = (q: string, scope: Scope) =>
  queryOptions({
    queryKey: ["search", "facets", q, scope.group, scope.owner],
    queryFn: () => http.get<Facets>("/search/facets", { q, type: "image,dataset,project,screen,plate", group: scope.group, owner: scope.owner }),
    enabled: q !== "",
  });

/** A person as one calls them; who left the group is known by number only. */
export function nameOfOwner(person: Pick<Owner, "id" | "username" | "first_name" | "last_name">): string {
  return [person.first_name, person.last_name].filter(Boolean).join(" ") || person.username || `Person ${person.id}`;
}
