import { HAND_EDITED } from "../api/annotations";
import { useSession } from "../api/session";
import type { Annotation } from "../api/types";
import type { AnnotationProps } from "./Annotations";
import { KeyValueEditor } from "./KeyValueEditor";
import type { Pair } from "./pairs";
import { usePairsSaving } from "./usePairsSaving";
import classes from "./Inspector.module.css";

const NO_PAIRS: Pair[] = [];

/** Key-values: one's own are edited in place, those of other people and programs are shown as they are. */
export function KeyValues({ subject, maps, canAnnotate }: AnnotationProps & { maps: Annotation[] }) {
  const me = useSession()?.user.id;
  const isMine = (map: Annotation) => map.ns === HAND_EDITED && (map.permissions?.edit ?? (map.owner_id ?? map.owner?.id ?? me) === me);
  const mine = canAnnotate ? maps.find(isMine) : undefined;
  const others = maps.filter((map) => map !== mine);
  const { save, isSaving } = usePairsSaving(subject, mine);
  return (
    <section className={classes.section} aria-label="Key-values">
      <h3>Key-values</h3>
      {canAnnotate && <KeyValueEditor pairs={mine?.map_value ?? NO_PAIRS} isSaving={isSaving} onSave={save} />}
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
