import type { QueryClient } from "@tanstack/react-query";
import { http } from "../api/http";
import { openDialog } from "../ui/dialogs";
import { say } from "../ui/toasts";
import { DatasetChooser } from "./DatasetChooser";
import type { Command } from "./types";

/** Puts images into a dataset; those already in it are left alone. */
export async function linkImages(client: QueryClient, dataset: { id: number; name: string }, images: number[]): Promise<void> {
  const { added } = await http.post<{ added: number }>(`/datasets/${dataset.id}/images`, { ids: images });
  const count = `${added} ${added === 1 ? "image" : "images"}`;
  say(added === images.length ? `Added ${count} to ${dataset.name}.` : `Added ${count} to ${dataset.name}; the others were in it already.`);
  await client.invalidateQueries({ predicate: (query) => ["tree", "children", "images", "object"].includes(String(query.queryKey[0])) });
}

export const addToDataset: Command = {
  name: "add-to-dataset", label: "Add to dataset…", icon: "dataset",
  when: (refs) => refs.length > 0 && refs.every((ref) => ref.type === "image"),
  perform: (refs, _name, { client }) =>
    openDialog("Add to a dataset", (close) => (
      <DatasetChooser onCancel={close} onChoose={async (dataset) => {
        close();
        await linkImages(client, dataset, refs.map((ref) => ref.id));
      }} />
    )),
};
