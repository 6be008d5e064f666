import { ActionIcon, Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useAnnotating } from "../api/annotations";
import type { Annotation } from "../api/types";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import { formatDate } from "../ui/units";
import type { AnnotationProps } from "./Annotations";
import { personName } from "./imageFacts";
import classes from "./Inspector.module.css";

export function Comments({ subject, comments, canAnnotate }: AnnotationProps & { comments: Annotation[] }) {
  const [text, setText] = useState("");
  const { add, unlink } = useAnnotating(subject);
  const send = () => {
    if (!text.trim()) return;
    add.mutate({ type: "CommentAnnotation", text_value: text.trim() }, { onSuccess: () => setText(""), onError: sayError });
  };
  return (
    <section className={classes.section} aria-label="Comments">
      <h3>Comments</h3>
      {comments.map((comment) => (
        <article key={comment.id} className={classes.comment}>
          <div style={{ display: "flex", alignItems: "center" }}>
            <small className="muted" style={{ flex: 1 }}>{[personName(comment.owner), formatDate(comment.created_at)].filter(Boolean).join(", ")}</small>
            {canAnnotate && (comment.permissions?.delete ?? true) && (
              <ActionIcon size={18} aria-label="Remove this comment" onClick={() => unlink.mutate(comment.id, { onError: sayError })}><Icon name="close" size={10} /></ActionIcon>
            )}
          </div>
          <p>{comment.text_value}</p>
        </article>
      ))}
      {canAnnotate && (
        <>
          <Textarea size="xs" autosize minRows={1} maxRows={8} placeholder="Write a comment" aria-label="New comment" value={text}
            onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && send()} />
          {text.trim() && <Button mt={8} onClick={send} loading={add.isPending}>Comment</Button>}
        </>
      )}
      {!canAnnotate && comments.length === 0 && <span className="muted">None</span>}
    </section>
  );
}
