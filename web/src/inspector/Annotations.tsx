import { useQuery } from "@tanstack/react-query";
import { annotationsQuery } from "../api/annotations";
import type { ObjectRef } from "../api/types";
import { Problem } from "../ui/Problem";
import { Comments } from "./Comments";
import { KeyValues } from "./KeyValues";
import { OtherAnnotations } from "./OtherAnnotations";
import { Tags } from "./Tags";

export interface AnnotationProps { subject: ObjectRef; canAnnotate: boolean }

export function Annotations({ subject, canAnnotate }: AnnotationProps) {
  const query = useQuery(annotationsQuery(subject));
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return null;
  const all = query.data;
  const ofType = (type: string) => all.filter((annotation) => annotation.type === type);
  return (
    <>
      <Tags subject={subject} tags={ofType("TagAnnotation")} canAnnotate={canAnnotate} />
      <KeyValues subject={subject} maps={ofType("MapAnnotation")} canAnnotate={canAnnotate} />
      <OtherAnnotations subject={subject} all={all} canAnnotate={canAnnotate} />
      <Comments subject={subject} comments={ofType("CommentAnnotation")} canAnnotate={canAnnotate} />
    </>
  );
}
