import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { facetsQuery, nameOfOwner } from "../api/scope";
import { useSession } from "../api/session";
import { chooseScope, useScope } from "./scope";
import classes from "./Scope.module.css";

/** By owner and by group, how much a search finds; choosing one narrows it. */
export function SearchFacets({ q }: { q: string }) {
  const session = useSession();
  const scope = useScope();
  const facets = useQuery(facetsQuery(q, { group: null, owner: null })).data;
  if (!session || !facets) return null;
  const owners = facets.owners.map((owner) => ({ value: String(owner.id), label: `${nameOfOwner(owner)} (${owner.count.toLocaleString("en")})` }));
  const groups = facets.groups.map((group) => ({ value: String(group.id), label: `${group.name ?? group.id} (${group.count.toLocaleString("en")})` }));
  const isNarrowed = scope.owner !== null || scope.group !== null;
  if (owners.length < 2 && groups.length < 2 && !isNarrowed) return null;
  const choose = (change: { owner?: number | null; group?: number | null }) => chooseScope(session.user.id, { owner: scope.owner, group: scope.group, ...change });
  return (
    <div className={classes.facets}>
      <Select aria-label="Owner" w={170} placeholder="All owners" clearable data={withChosen(owners, scope.owner)} value={textOf(scope.owner)}
        comboboxProps={{ transitionProps: { duration: 0 } }} onChange={(value) => choose({ owner: value === null ? null : Number(value) })} />
      <Select aria-label="Group" w={170} placeholder="All groups" clearable data={withChosen(groups, scope.group)} value={textOf(scope.group)}
        comboboxProps={{ transitionProps: { duration: 0 } }} onChange={(value) => choose({ group: value === null ? null : Number(value) })} />
    </div>
  );
}

const textOf = (id: number | null): string | null => (id === null ? null : String(id));

/** What is chosen stands in the list, though nothing was found of it. */
function withChosen(found: { value: string; label: string }[], chosen: number | null) {
  const isThere = chosen === null || found.some((one) => one.value === String(chosen));
  return isThere ? found : [...found, { value: String(chosen), label: "Nothing found (0)" }];
}
