import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { http, ProblemError } from "./http";
import { pathOf } from "./objects";
import type { Annotation, ObjectRef, Page } from "./types";

/** The namespace of key-values that people edit by hand. */
export const HAND_EDITED = "openmicroscopy.org/omero/client/mapAnnotation";

export function annotationsQuery(subject: ObjectRef) {
  return queryOptions({
    queryKey: ["annotations", subject.type, subject.id],
    queryFn: async () =>
      (await http.get<Page<Annotation>>("/annotations", { [subject.type]: subject.id, limit: 1000, sort: "id", include: "owner,permissions" })).items,
  });
}

/** Tags that begin with or contain what was typed. */
export function tagsQuery(text: string) {
  return queryOptions({
    queryKey: ["tags", text],
    queryFn: () =>
      http.get<Page<Annotation>>("/annotations", { type: "TagAnnotation", "text_value~": text || undefined, limit: 20, sort: "text_value" }),
    placeholderData: (before) => before,
    staleTime: 5_000,
  });
}

type NewAnnotation =
  | { type: "TagAnnotation"; text_value: string }
  | { type: "CommentAnnotation"; text_value: string }
  | { type: "MapAnnotation"; map_value: [string, string][]; ns: string }
  | { annotation_id: number };

/** All that changes an object's annotations; each refreshes what the pages show. */
export function useAnnotating(subject: ObjectRef) {
  const client = useQueryClient();
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: annotationsQuery(subject).queryKey });
    await client.invalidateQueries({ queryKey: ["tags"] });
  };
  const add = useMutation({ mutationFn: (annotation: NewAnnotation) => http.post<Annotation>(`${pathOf(subject)}/annotations`, annotation), onSettled: refresh });
  const unlink = useMutation({ mutationFn: (id: number) => http.delete(`${pathOf(subject)}/annotations/${id}`), onSettled: refresh });
  const change = useMutation({
    mutationFn: async ({ annotation, ...changes }: { annotation: Annotation; map_value?: [string, string][]; text_value?: string }) => {
      try {
        return await http.patch<Annotation>(`/annotations/${annotation.id}`, changes, annotation.version);
      } catch (error) {
        if (!(error instanceof ProblemError && error.status === 412)) throw error;
        throw new ProblemError(412, "Someone else changed this meanwhile. Their version is shown now; make your change again.");
      }
    },
    onSettled: refresh,
  });
  return { add, unlink, change };
}
