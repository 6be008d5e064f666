import { HAND_EDITED, useAnnotating } from "../api/annotations";
import { useSession } from "../api/session";
import type { Annotation } from "../api/types";
import { sayError } from "../ui/toasts";
import type { AnnotationProps } from "./Annotations";
import { KeyValueEditor } from "./KeyValueEditor";
import classes from "./Inspector.module.css";

/** Key-values: one's own are edited in place, those of other people and programs are shown as they are. */
export function KeyValues({ subject, maps, canAnnotate }: AnnotationProps & { maps: Annotation[] }) {
  const me = useSession()?.user.id;
  const { add, change, unlink } = useAnnotating(subject);
  const isMine = (map: Annotation) => map.ns === HAND_EDITED && (map.permissions?.edit ?? (map.owner_id ?? map.owner?.id ?? me) === me);
  const mine = canAnnotate ? maps.find(isMine) : undefined;
  const others = maps.filter((map) => map !== mine);
  const save = async (pairs: [string, string][]) => {
    if (mine && pairs.length === 0) return unlink.mutateAsync(mine.id);
    if (mine) return change.mutateAsync({ annotation: mine, map_value: pairs });
    if (pairs.length) return add.mutateAsync({ type: "MapAnnotation", map_value: pairs, ns: HAND_EDITED });
  };
  return (
    <section className={classes.section} aria-label="Key-values">
      <h3>Key-values</h3>
      {canAnnotate && <KeyValueEditor pairs={mine?.map_value ?? []} isSaving={add.isPending || change.isPending || unlink.isPending}
        onSave={(pairs) => save(pairs).catch(sayError)} />}
      {others.map((map) => (
        <div key={map.id}>
          {map.ns && <p className={classes.namespace}>{map.ns === HAND_EDITED ? map.owner?.username ?? "Another person" : map.ns}</p>}
          <table className={classes.pairs}>
            <tbody>{(map.map_value ?? []).map(([key, value], index) => <tr key={index}><td>{key}</td><td>{value}</td></tr>)}</tbody>
          </table>
        </div>
      ))}
      {!canAnnotate && maps.length === 0 && <span className="muted">None</span>}
    </section>
  );
}
