import { useEffect } from "react";
import { createStore } from "./store";

/** Set while a page must be dark whatever the person chose: the viewer stands on black. */
export const forcedScheme = createStore<"dark" | undefined>(undefined);

export function useForcedDark(): void {
  useEffect(() => {
    forcedScheme.set("dark");
    return () => forcedScheme.set(undefined);
  }, []);
}
