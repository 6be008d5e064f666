import { Button, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../api/http";
import type { ObjectRef } from "../api/types";
import { addToDataset } from "../commands/addToDataset";
import { deleteObjects } from "../commands/deleteObjects";
import { removeFromDataset } from "../commands/removeFromDataset";
import { useCommandContext } from "../commands/useCommandContext";
import { Icon } from "../ui/icons";
import { say, sayError } from "../ui/toasts";
import { TagInput } from "./TagInput";
import classes from "./Inspector.module.css";

/** What one can do to several images at once. */
export function ManyImages({ ids }: { ids: number[] }) {
  const context = useCommandContext();
  const client = useQueryClient();
  const [isTagging, setTagging] = useState(false);
  const refs = ids.map((id): ObjectRef => ({ type: "image", id }));
  const commands = [addToDataset, removeFromDataset, deleteObjects].filter((command) => command !== removeFromDataset || context.place?.type === "dataset");
  const tag = async (choice: { id: number } | { text: string }) => {
    setTagging(true);
    try {
      await http.post("/images/annotations", { ids, ...("id" in choice ? { annotation_id: choice.id } : { type: "TagAnnotation", text_value: choice.text }) });
      say(`Tagged ${ids.length} images.`);
    } catch (error) {
      sayError(error);
    } finally {
      setTagging(false);
      await client.invalidateQueries({ queryKey: ["annotations"] });
    }
  };
  return (
    <>
      <div className={classes.head}>
        <div className={classes.title}><h2>{ids.length.toLocaleString("en")} images</h2></div>
        {isTagging && <span className="muted" role="status">Tagging</span>}
      </div>
      <section className={classes.section} aria-label="Tags">
        <h3>Add a tag to all</h3>
        <TagInput taken={[]} onAdd={(choice) => void tag(choice)} />
      </section>
      <section className={classes.section}>
        <Stack gap={4}>
          {commands.map((command) => (
            <Button key={command.name} variant="default" justify="flex-start" leftSection={<Icon name={command.icon} />} c={command.isDanger ? "var(--danger)" : undefined}
              onClick={() => void Promise.resolve(command.perform(refs, "", context)).catch(sayError)}>{command.label}</Button>
          ))}
        </Stack>
      </section>
    </>
  );
}
