import { http } from "../api/http";
import type { Page } from "../api/types";
import { selection } from "../grid/selection";
import { say } from "../ui/toasts";
import type { Command } from "./types";

export const removeFromDataset: Command = {
  name: "remove-from-dataset", label: "Remove from this dataset", icon: "minus",
  when: (refs) => refs.length > 0 && refs.every((ref) => ref.type === "image"),
  perform: async (refs, _name, { client, place }) => {
    if (place?.type !== "dataset") return;
    for (const ref of refs) {
      const links = await http.get<Page<{ id: number }>>("/dataset_image_links", { parent_id: place.id, child_id: ref.id });
      for (const link of links.items) await http.delete(`/dataset_image_links/${link.id}`);
    }
    selection.set({ ids: [], anchor: null, focus: null });
    say(`Removed ${refs.length} ${refs.length === 1 ? "image" : "images"} from the dataset. They are not deleted.`);
    await client.invalidateQueries({ predicate: (query) => ["tree", "children", "images", "object"].includes(String(query.queryKey[0])) });
  },
};
