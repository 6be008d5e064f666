import type { ImageDetail } from "../../api/types";
import { micrometresOf } from "../../ui/units";
import { scaleBarOf } from "../scaleBar";
import classes from "../Viewer.module.css";

/** A bar of a round length; nothing when the image does not say how large a pixel is. */
export function ScaleBar({ image, zoom }: { image?: ImageDetail; zoom: number }) {
  const pixels = image?.pixels;
  const pixelUm = micrometresOf(pixels?.physical_size_x, pixels?.physical_size_x_unit);
  if (!pixelUm) return null;
  const bar = scaleBarOf(pixelUm, zoom);
  return <div className={classes.scale} role="img" aria-label={`Scale bar: ${bar.label}`}>{bar.label}<i style={{ width: bar.widthPx }} /></div>;
}
