import { http } from "../api/http";
import { selection } from "../grid/selection";
import { say } from "../ui/toasts";
import { withReason } from "../ui/withReason";
import type { Command } from "./types";

export const removeFromDataset: Command = {
  name: "remove-from-dataset", label: "Remove from this dataset", icon: "minus",
  when: (refs) => refs.length > 0 && refs.every((ref) => ref.type === "image"),
  perform: async (refs, _name, { client, place }) => {
    if (place?.type !== "dataset") return;
    const ids = refs.map((ref) => ref.id);
    const done = await withReason((reason) => http.post<object>(`/datasets/${place.id}/images/remove`, { ids }, reason));
    if (done === null) return;
    selection.set({ ids: [], anchor: null, focus: null });
    say(`Removed ${refs.length} ${refs.length === 1 ? "image" : "images"} from the dataset. They are not deleted.`);
    await client.invalidateQueries({ predicate: (query) => ["tree", "children", "images", "object"].includes(String(query.queryKey[0])) });
  },
};
