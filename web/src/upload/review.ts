/** Whether imports are reviewed before they begin, which a browser remembers, and which upload is being reviewed. */
import { createStore } from "../ui/store";

const KEY = "review-imports";

export function readReviewing(storage: Pick<Storage, "getItem"> = localStorage): boolean {
  try {
    return storage.getItem(KEY) === "yes";
  } catch {
    return false;
  }
}

export const isReviewing = createStore<boolean>(typeof localStorage === "undefined" ? false : readReviewing());
/** The key of the upload whose review is open. */
export const reviewed = createStore<string | null>(null);

export function setReviewing(isWanted: boolean): void {
  isReviewing.set(isWanted);
  try {
    localStorage.setItem(KEY, isWanted ? "yes" : "no");
  } catch {
    // A full or forbidden storage costs the memory of it, not the choice.
  }
}
