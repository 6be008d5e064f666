import { createStore } from "../ui/store";

const KEY = "tree-open";

function stored(): Set<string> {
  try {
    const keys: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(keys) ? keys.filter((key): key is string => typeof key === "string") : []);
  } catch {
    return new Set();
  }
}

/** Which containers stand open in the tree, remembered by the browser. */
export const openNodes = createStore<ReadonlySet<string>>(stored());

export function toggleNode(key: string, isOpen: boolean): void {
  openNodes.set((before) => {
    const after = new Set(before);
    if (isOpen) after.add(key);
    else after.delete(key);
    localStorage.setItem(KEY, JSON.stringify([...after]));
    return after;
  });
}
