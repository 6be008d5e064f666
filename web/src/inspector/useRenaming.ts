import { useMutation, useQueryClient } from "@tanstack/react-query";
import { http, ProblemError } from "../api/http";
import { pathOf } from "../api/objects";
import type { ObjectRef } from "../api/types";

/** Changes an object's own fields, refusing to write over what someone else wrote meanwhile. */
export function useRenaming(ref: ObjectRef, version: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (changes: { name?: string; description?: string; sensitivity?: string | null }) => {
      try {
        return await http.patch(pathOf(ref), changes, version);
      } catch (error) {
        if (!(error instanceof ProblemError && error.status === 412)) throw error;
        throw new ProblemError(412, "Someone else changed this meanwhile. Their version is shown now; make your change again.");
      }
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["object", ref.type, ref.id] }),
        client.invalidateQueries({ predicate: (query) => ["tree", "children", "images", "search"].includes(String(query.queryKey[0])) }),
      ]),
  });
}
