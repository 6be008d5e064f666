import type { ViewState } from "../useViewState";
import type { Place } from "../imageMap";
import type { ZarrImage } from "../zarr/zarrImage";
import { formatValue } from "../windows";
import classes from "../Viewer.module.css";

interface Props { zarr: ZarrImage; view: ViewState; pointer: { x: number; y: number } | null; place: Place | null }

/** Where the pointer is and what is measured there, read from the chunks already in memory. */
export function CursorReadout({ zarr, view, pointer, place }: Props) {
  const active = view.settings.channels.filter((channel) => channel.active).slice(0, 6);
  const zoomText = place ? `${Number((place.zoom * 100).toPrecision(3))} %` : "";
  if (!pointer) return <div className={classes.readout} aria-hidden="true">{zoomText}</div>;
  const values = active.map((channel) => ({ channel, found: zarr.peekValue(pointer.x, pointer.y, channel.index, view) }));
  const coarse = values.find(({ found }) => found && found.scale > 1)?.found?.scale;
  return (
    <div className={classes.readout} data-testid="cursor-readout">
      {values.map(({ channel, found }) => (
        <span key={channel.index}><b style={{ background: `#${channel.color}` }} />{found ? formatValue(found.value) : "–"}</span>
      ))}
      {coarse && <span className="muted">mean of {Math.round(coarse)} × {Math.round(coarse)} px</span>}
      <span>x {pointer.x} px</span>
      <span>y {pointer.y} px</span>
      <span>{zoomText}</span>
    </div>
  );
}
