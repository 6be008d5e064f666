import { Button, Checkbox, RangeSlider, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { histogramQuery } from "../../api/rendering";
import type { ViewState } from "../useViewState";
import { imageQuery } from "../../api/objects";
import type { ChannelSettings, Histogram } from "../../api/types";
import { autoWindow, readableOnBlack, stepOf } from "../windows";
import { ColorButton } from "./ColorButton";
import { HistogramPlot } from "./HistogramPlot";
import { WindowNumber } from "./WindowNumber";
import classes from "../Viewer.module.css";

interface Props {
  id: number; view: ViewState; channel: ChannelSettings;
  /** Whether the picture is on the screen: histograms must not stand in its way. */
  isShown: boolean; onChange: (part: Partial<ChannelSettings>) => void;
}

/** One channel: on or off, its colour, and its window over the histogram of the plane. */
export function ChannelRow({ id, view, channel, isShown, onChange }: Props) {
  const name = channel.name || `Channel ${channel.index + 1}`;
  return (
    <section className={classes.channel} aria-label={name}>
      <div className={classes.channelHead}>
        <Checkbox size="xs" checked={channel.active} aria-label={`Show ${name}`} id={`channel-${channel.index}`}
          onChange={(event) => onChange({ active: event.currentTarget.checked })} />
        <label htmlFor={`channel-${channel.index}`} className="truncate" title={name}>{name}</label>
        <ColorButton name={name} color={channel.color} onChange={(color) => onChange({ color })} />
      </div>
      {channel.active && <ChannelWindow id={id} view={view} channel={channel} isShown={isShown} onChange={onChange} name={name} />}
    </section>
  );
}

/** How far the slider reaches: what occurs in the image, not all its type could hold; wider as soon as a window is. */
function useLimits(id: number, channel: ChannelSettings, histogram?: Histogram): [number, number] {
  const image = useQuery(imageQuery(id)).data;
  const measured = image?.channels?.find((candidate) => candidate.channel_index === channel.index);
  const isWhole = /^u?int/.test(image?.pixels?.pixels_type ?? "");
  const least = Math.min(channel.start, measured?.global_min ?? histogram?.min ?? channel.min);
  const greatest = Math.max(channel.end, measured?.global_max ?? histogram?.max ?? channel.max);
  const [low, high] = isWhole ? [Math.floor(least), Math.ceil(greatest)] : [least, greatest];
  const [widest, setWidest] = useState<[number, number]>([low, high]);
  // Limits never shrink, so that the slider does not slip away from under the pointer.
  if (low < widest[0] || high > widest[1]) setWidest([Math.min(low, widest[0]), Math.max(high, widest[1])]);
  return widest;
}

function ChannelWindow({ id, view, channel, isShown, onChange, name }: Props & { name: string }) {
  const histogram = useQuery({ ...histogramQuery(id, channel.index, view.z, view.t), enabled: isShown, placeholderData: (before) => before }).data;
  const [low, high] = useLimits(id, channel, histogram);
  const step = stepOf(low, high);
  const setWindow = (start: number, end: number) => {
    if (Number.isFinite(start) && Number.isFinite(end) && end > start) onChange({ start, end });
  };
  const auto = () => {
    if (!histogram) return;
    const { start, end } = autoWindow(histogram);
    setWindow(step === 1 ? Math.floor(start) : start, step === 1 ? Math.ceil(end) : end);
  };
  return (
    <>
      <div className={classes.histogram}>
        {histogram && <HistogramPlot histogram={histogram} color={channel.color} min={low} max={high} />}
      </div>
      <RangeSlider size="xs" min={low} max={high} step={step} minRange={step} label={null} value={[channel.start, channel.end]}
        thumbFromLabel={`${name}: window start`} thumbToLabel={`${name}: window end`} color={readableOnBlack(channel.color)}
        onChange={([start, end]) => setWindow(start, end)} />
      <div className={classes.window}>
        <WindowNumber label={`${name}: start`} value={channel.start} step={step} onPick={(value) => setWindow(value, channel.end)}
          problemOf={(value) => (value < channel.end ? undefined : `Below the end, ${channel.end}`)} />
        <Tooltip label="Leave out the darkest and brightest 0.1 % of this plane">
          <Button size="compact-xs" variant="default" onClick={auto} disabled={!histogram}>Auto</Button>
        </Tooltip>
        <Tooltip label="From the least to the greatest value of this plane">
          <Button size="compact-xs" variant="default" disabled={!histogram} onClick={() => histogram && setWindow(histogram.min, histogram.max)}>Min/max</Button>
        </Tooltip>
        <WindowNumber label={`${name}: end`} value={channel.end} step={step} onPick={(value) => setWindow(channel.start, value)}
          problemOf={(value) => (value > channel.start ? undefined : `Above the start, ${channel.start}`)} />
      </div>
      <Checkbox size="xs" mt={8} label="Inverted" checked={channel.inverted} onChange={(event) => onChange({ inverted: event.currentTarget.checked })} />
    </>
  );
}
