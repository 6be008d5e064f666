import { ActionIcon } from "@mantine/core";
import { useAnnotating } from "../api/annotations";
import type { Annotation } from "../api/types";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import type { AnnotationProps } from "./Annotations";
import { TagInput } from "./TagInput";
import classes from "./Inspector.module.css";

export function Tags({ subject, tags, canAnnotate }: AnnotationProps & { tags: Annotation[] }) {
  const { add, unlink } = useAnnotating(subject);
  return (
    <section className={classes.section} aria-label="Tags">
      <h3>Tags</h3>
      <div className={classes.tags}>
        {tags.map((tag) => (
          <span key={tag.id} className={classes.tag} title={tag.description ?? undefined}>
            <span className="truncate">{tag.text_value}</span>
            {canAnnotate && (
              <ActionIcon size={18} radius="xl" aria-label={`Remove the tag ${tag.text_value ?? ""}`} onClick={() => unlink.mutate(tag.id, { onError: sayError })}>
                <Icon name="close" size={10} />
              </ActionIcon>
            )}
          </span>
        ))}
        {canAnnotate && (
          <TagInput taken={tags.map((tag) => tag.text_value ?? "")}
            onAdd={(choice) => add.mutate("id" in choice ? { annotation_id: choice.id } : { type: "TagAnnotation", text_value: choice.text }, { onError: sayError })} />
        )}
        {!canAnnotate && tags.length === 0 && <span className="muted">None</span>}
      </div>
    </section>
  );
}
