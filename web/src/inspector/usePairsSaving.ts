import { useEffect, useRef, useState } from "react";
import { HAND_EDITED, useAnnotating } from "../api/annotations";
import type { Annotation, ObjectRef } from "../api/types";
import { sayError } from "../ui/toasts";
import type { Pair } from "./pairs";

/**
 * Saves one's own key-values one change after the other: each change is based on the answer to the one before, so quick
 * typing never meets a version of its own making.
 */
export function usePairsSaving(subject: ObjectRef, mine: Annotation | undefined) {
  const { add, change, unlink } = useAnnotating(subject);
  const latest = useRef(mine);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const [waiting, setWaiting] = useState(0);
  useEffect(() => {
    if (waiting === 0) latest.current = mine;
  }, [mine, waiting]);

  const write = async (pairs: Pair[]): Promise<Annotation | undefined> => {
    const now = latest.current;
    if (now && pairs.length > 0) return change.mutateAsync({ annotation: now, map_value: pairs });
    if (now) return void (await unlink.mutateAsync(now.id));
    return pairs.length > 0 ? add.mutateAsync({ type: "MapAnnotation", map_value: pairs, ns: HAND_EDITED }) : undefined;
  };
  const save = (pairs: Pair[]): Promise<void> => {
    setWaiting((before) => before + 1);
    queue.current = queue.current
      .then(async () => {
        latest.current = await write(pairs);
      })
      .catch(sayError)
      .finally(() => setWaiting((before) => before - 1));
    return queue.current;
  };
  return { save, isSaving: waiting > 0 };
}
