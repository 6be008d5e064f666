import type { Planes } from "../api/types";

/** How far apart time points lie: from one to the next, in seconds. */
export interface Intervals { seconds: number[]; median: number; least: number; greatest: number }

export function intervalsOf(planes: Planes): Intervals | null {
  const times = (planes.columns["delta_t"]?.values ?? []).filter((value): value is number => value !== null);
  if (planes.columns["delta_t"]?.unit !== "s" || times.length < 3) return null;
  const seconds = times.slice(1).map((time, index) => time - times[index]!);
  const sorted = [...seconds].sort((a, b) => a - b);
  return { seconds, median: sorted[Math.floor(sorted.length / 2)]!, least: sorted[0]!, greatest: sorted[sorted.length - 1]! };
}

/** Seconds as people say them: "12 ms", "2.5 s", "2 min 30 s", "2 h 5 min". */
export function spellSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size !== 0 && size < 1) return `${Number((seconds * 1000).toPrecision(4))} ms`;
  if (size < 120) return `${Number(seconds.toFixed(3))} s`;
  const whole = Math.round(size);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const parts = hours ? [`${hours} h`, minutes && `${minutes} min`] : [`${minutes} min`, rest && `${rest} s`];
  return (seconds < 0 ? "−" : "") + parts.filter(Boolean).join(" ");
}

/** The points of a line through values in a box, the greatest on top; a flat line lies in the middle. */
export function linePoints(values: number[], width: number, height: number): string {
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values.map((value, index) => `${(index * step).toFixed(1)},${(span ? height - ((value - least) / span) * height : height / 2).toFixed(1)}`).join(" ");
}

/** The values that all planes share, by the names of their columns. */
export function sharedValues({ columns }: Planes): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, { values }] of Object.entries(columns)) {
    const first = values[0];
    if (!name.startsWith("the_") && values.length > 1 && typeof first === "number" && values.every((value) => value === first)) found[name] = first;
  }
  return found;
}
