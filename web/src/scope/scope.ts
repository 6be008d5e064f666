import { useSession } from "../api/session";
import { createStore, useStore } from "../ui/store";

/** Whose data is shown: of one group or of all (null), of one person or of all members (null). */
export interface Scope { group: number | null; owner: number | null }
interface KeptScope extends Scope { user: number }

const KEY = "scope";
const EVERYTHING: Scope = { group: null, owner: null };

function stored(): KeptScope | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<KeptScope> | null;
    if (typeof kept?.user !== "number") return null;
    return { user: kept.user, group: idOf(kept.group), owner: idOf(kept.owner) };
  } catch {
    return null;
  }
}

const idOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
const chosen = createStore<KeptScope | null>(stored());

/** What was chosen last in this browser, by this person, as far as it is still theirs to choose. */
export function useScope(): Scope {
  const session = useSession();
  const kept = useStore(chosen);
  if (!session || kept?.user !== session.user.id) return EVERYTHING;
  const isTheirs = kept.group === null || session.user.is_admin || session.groups.some((group) => group.id === kept.group);
  return isTheirs ? kept : EVERYTHING;
}

export function chooseScope(user: number, scope: Scope): void {
  const kept = { user, ...scope };
  localStorage.setItem(KEY, JSON.stringify(kept));
  chosen.set(kept);
}
