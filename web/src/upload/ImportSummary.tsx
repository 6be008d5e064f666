import { Link } from "@tanstack/react-router";
import type { ImportResult, PathReason } from "../api/types";
import { Thumbnail } from "../grid/Thumbnail";
import classes from "./Upload.module.css";

const SHOWN = 8;

/** What came of an import: the new images, what was left out and why, what failed and why, what to beware of. */
export function ImportSummary({ result }: { result: Partial<ImportResult> }) {
  const { images = [], plates = [], skipped = [], failed = [], warnings = [] } = result;
  return (
    <div className={classes.summary}>
      <div>
        {images.length} {images.length === 1 ? "image" : "images"} imported
        {skipped.length > 0 && `, ${skipped.length} skipped`}
        {failed.length > 0 && <strong>, {failed.length} failed</strong>}
      </div>
      {plates.map((id) => <Link key={id} to={`/plates/${id}`}>Open plate:{id}</Link>)}
      {images.length > 0 && (
        <div className={classes.thumbs}>
          {images.slice(0, SHOWN).map((id) => <Link key={id} to={`/images/${id}`} aria-label={`Open image ${id}`} className={classes.thumb}><Thumbnail id={id} size={128} /></Link>)}
          {images.length > SHOWN && <span className="muted">and {images.length - SHOWN} more</span>}
        </div>
      )}
      {failed.map((item) => <p key={item.path} className={classes.failed}><b>{item.path}</b> {item.reason}</p>)}
      <Reasons title="warnings" items={warnings} isOpen />
      <Reasons title="skipped" items={skipped} isOpen={images.length === 0} />
    </div>
  );
}

function Reasons({ title, items, isOpen }: { title: string; items: PathReason[]; isOpen: boolean }) {
  if (items.length === 0) return null;
  return (
    <details open={isOpen}>
      <summary className="muted">{items.length} {title}</summary>
      {items.map((item, index) => <p key={`${item.path}-${index}`}><b>{item.path}</b> {item.reason}</p>)}
    </details>
  );
}
