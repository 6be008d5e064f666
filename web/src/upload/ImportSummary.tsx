import { Link } from "@tanstack/react-router";
import type { ImportResult, PathReason } from "../api/types";
import { Thumbnail } from "../grid/Thumbnail";
import { Reasons } from "./Reasons";
import classes from "./Upload.module.css";

const SHOWN = 8;

/** What came of an import: the new images, what was left out and why, what failed and why, what to beware of. */
export function ImportSummary({ result }: { result: Partial<ImportResult> }) {
  const { images = [], plates = [], warnings = [], linked = [], not_reached = [], totals = {} } = result;
  const skipped = (result.skipped ?? []).filter((item) => item.kind !== "hidden");
  const failed = result.failed ?? [];
  const count = (name: string, list: unknown[]) => totals[name] ?? list.length;
  const left: PathReason[] = not_reached.map(({ path }) => ({ path, reason: "not reached" }));
  const imported = count("images", images);
  return (
    <div className={classes.summary}>
      <div>
        {imported} {imported === 1 ? "image" : "images"} imported
        {linked.length > 0 && `, ${count("linked", linked)} that were here already put there`}
        {skipped.length > 0 && `, ${skipped.length < 50 ? skipped.length : count("skipped", skipped)} skipped`}
        {failed.length > 0 && <strong>, {count("failed", failed)} failed</strong>}
        {left.length > 0 && <strong>, {count("not_reached", left)} not reached</strong>}
      </div>
      {plates.map((id) => <Link key={id} to={`/plates/${id}`}>Open plate:{id}</Link>)}
      {images.length > 0 && (
        <div className={classes.thumbs}>
          {images.slice(0, SHOWN).map((id) => <Link key={id} to={`/images/${id}`} aria-label={`Open image ${id}`} className={classes.thumb}><Thumbnail id={id} size={128} /></Link>)}
          {imported > SHOWN && <span className="muted">and {imported - SHOWN} more</span>}
        </div>
      )}
      {failed.slice(0, SHOWN).map((item) => <p key={item.path} className={classes.failed} title={item.advice}><b>{item.path}</b> {item.reason}</p>)}
      {failed.length > SHOWN && <p className="muted">and {count("failed", failed) - SHOWN} more in the report</p>}
      <Reasons title="warnings" items={warnings} isOpen />
      <Reasons title="skipped" items={skipped} isOpen={images.length === 0} />
      <Reasons title="not reached" items={left} />
    </div>
  );
}
