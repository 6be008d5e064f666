import { Link } from "@tanstack/react-router";
import { Thumbnail } from "../grid/Thumbnail";
import type { ImportResult } from "../api/types";
import classes from "./Upload.module.css";

const SHOWN = 8;

/** What came of an import: the new images, what was left out and why, what failed and why. */
export function ImportSummary({ result }: { result: Partial<ImportResult> }) {
  const images = result.images ?? [];
  const skipped = result.skipped ?? [];
  const failed = result.failed ?? [];
  return (
    <div className={classes.summary}>
      <div>
        {images.length} {images.length === 1 ? "image" : "images"} imported
        {skipped.length > 0 && `, ${skipped.length} skipped`}
        {failed.length > 0 && <strong>, {failed.length} failed</strong>}
      </div>
      {images.length > 0 && (
        <div className={classes.thumbs}>
          {images.slice(0, SHOWN).map((id) => <Link key={id} to={`/images/${id}`} aria-label={`Open image ${id}`} className={classes.thumb}><Thumbnail id={id} size={128} /></Link>)}
          {images.length > SHOWN && <span className="muted">and {images.length - SHOWN} more</span>}
        </div>
      )}
      {failed.map((item) => <p key={item.path} className={classes.failed}><b>{item.path}</b> {item.reason}</p>)}
      {skipped.length > 0 && (
        <details open={images.length === 0}>
          <summary className="muted">{skipped.length} skipped</summary>
          {skipped.map((item) => <p key={item.path}><b>{item.path}</b> {item.reason}</p>)}
        </details>
      )}
    </div>
  );
}
