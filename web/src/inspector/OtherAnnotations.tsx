import { ActionIcon } from "@mantine/core";
import { useAnnotating } from "../api/annotations";
import type { Annotation } from "../api/types";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import { formatDate } from "../ui/units";
import type { AnnotationProps } from "./Annotations";
import classes from "./Inspector.module.css";

const EDITED_ELSEWHERE = ["TagAnnotation", "MapAnnotation", "CommentAnnotation"];
const KINDS: Record<string, string> = {
  XmlAnnotation: "XML", TermAnnotation: "Term", LongAnnotation: "Number", DoubleAnnotation: "Number", BooleanAnnotation: "Yes or no",
  TimestampAnnotation: "Time", FileAnnotation: "File", ListAnnotation: "List",
};
const RATING = "openmicroscopy.org/omero/insight/rating";

/** Annotations of the types that have no editor of their own, such as those that came with a file or from another server. */
export function OtherAnnotations({ subject, all, canAnnotate }: AnnotationProps & { all: Annotation[] }) {
  const { unlink } = useAnnotating(subject);
  const others = all.filter((annotation) => !EDITED_ELSEWHERE.includes(annotation.type));
  if (others.length === 0) return null;
  return (
    <section className={classes.section} aria-label="Other annotations">
      <h3>Other annotations</h3>
      {others.map((annotation) => (
        <article key={annotation.id} className={classes.comment}>
          <div style={{ display: "flex", alignItems: "center" }}>
            <small className="muted" style={{ flex: 1 }}>{[KINDS[annotation.type] ?? annotation.type, annotation.ns].filter(Boolean).join(", ")}</small>
            {canAnnotate && (annotation.permissions?.delete ?? true) && (
              <ActionIcon size={18} aria-label="Remove this annotation" onClick={() => unlink.mutate(annotation.id, { onError: sayError })}><Icon name="close" size={10} /></ActionIcon>
            )}
          </div>
          <p>{valueOf(annotation)}</p>
        </article>
      ))}
    </section>
  );
}

export function valueOf(annotation: Annotation): string {
  if (annotation.type === "LongAnnotation" && annotation.ns === RATING) return `${annotation.long_value} of 5`;
  if (annotation.type === "BooleanAnnotation") return annotation.bool_value ? "Yes" : "No";
  if (annotation.type === "TimestampAnnotation") return formatDate(annotation.time_value) ?? "";
  if (annotation.type === "FileAnnotation") return annotation.description || `original_file:${annotation.file_id}`;
  const value = annotation.term_value ?? annotation.text_value ?? annotation.long_value ?? annotation.double_value ?? annotation.description;
  return value === null || value === undefined ? "" : String(value);
}
