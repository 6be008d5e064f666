import { ActionIcon, Slider, Tooltip } from "@mantine/core";
import type { ImageDetail } from "../../api/types";
import { Icon } from "../../ui/icons";
import { plainNumber } from "../../ui/units";
import type { ViewerContext } from "../Viewer";
import classes from "../Viewer.module.css";

/** The z and t sliders, shown for the axes that have more than one plane. */
export function PlaneSliders({ context, image }: { context: ViewerContext; image?: ImageDetail }) {
  const { zarr, controls, play } = context;
  const axes = (["z", "t"] as const).filter((axis) => (axis === "z" ? zarr.sizeZ : zarr.sizeT) > 1);
  if (axes.length === 0) return null;
  const pixels = image?.pixels;
  return (
    <div className={classes.planes}>
      {axes.map((axis) => {
        const size = axis === "z" ? zarr.sizeZ : zarr.sizeT;
        const value = controls.view[axis];
        const isPlaying = play.axis === axis;
        const label = axis === "z" ? "z section" : "time point";
        const step = axis === "z" ? pixels?.physical_size_z : pixels?.time_increment;
        const unit = axis === "z" ? pixels?.physical_size_z_unit : pixels?.time_increment_unit;
        return (
          <div className={classes.plane} key={axis}>
            <Tooltip label={isPlaying ? "Pause" : `Play through ${axis}`}>
              <ActionIcon size="sm" onClick={() => play.toggle(axis)} aria-label={isPlaying ? `Pause ${axis}` : `Play ${axis}`}>
                <Icon name={isPlaying ? "pause" : "play"} size={14} />
              </ActionIcon>
            </Tooltip>
            <span>{axis}</span>
            <Slider size="sm" min={0} max={size - 1} step={1} value={value} label={null} thumbLabel={label}
              onChange={(next) => controls.change({ [axis]: next })} />
            <output title={step ? `${plainNumber(value * step)} ${unit ?? ""}` : undefined}>
              {value + 1} / {size}
            </output>
          </div>
        );
      })}
    </div>
  );
}
