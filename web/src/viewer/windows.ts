/** Windows and colours of channels: the arithmetic shared by the GPU style, the sliders and the address. */
import type { ChannelSettings, Histogram } from "../api/types";

/** "1A2B3C" as three numbers from 0 to 1. */
export function rgbOf(color: string): [number, number, number] {
  const value = Number.parseInt(color.replace("#", "").slice(0, 6), 16);
  if (Number.isNaN(value)) return [1, 1, 1];
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

/** A channel's colour, mixed with white until it can be seen on the panel's dark grey (pure blue cannot). */
export function readableOnBlack(color: string): string {
  const rgb = rgbOf(color);
  const luminance = 0.2126 * rgb[0] ** 2.2 + 0.7152 * rgb[1] ** 2.2 + 0.0722 * rgb[2] ** 2.2;
  const white = luminance >= 0.2 ? 0 : (0.2 - luminance) / 0.45;
  return `#${rgb.map((value) => Math.round(255 * (value + (1 - value) * white)).toString(16).padStart(2, "0")).join("")}`;
}

/** Factor and offset of the linear map that takes start to 0 and end to 1, or the other way round when inverted. */
export function linearMap(channel: Pick<ChannelSettings, "start" | "end" | "inverted">): { factor: number; offset: number } {
  const range = channel.end - channel.start || 1e-9;
  const factor = 1 / range;
  const offset = -channel.start / range;
  return channel.inverted ? { factor: -factor, offset: 1 - offset } : { factor, offset };
}

/** The window that holds all but the darkest and brightest `share` of the pixels. */
export function autoWindow(histogram: Histogram, share = 0.001): { start: number; end: number } {
  const { min, max, counts } = histogram;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const width = (max - min) / counts.length;
  if (total === 0 || width <= 0) return { start: min, end: max > min ? max : min + 1 };
  const cut = total * share;
  const first = indexPassing(counts, cut);
  const last = counts.length - 1 - indexPassing([...counts].reverse(), cut);
  const start = min + first * width;
  const end = min + (last + 1) * width;
  return end > start ? { start, end } : { start: min, end: max };
}

function indexPassing(counts: number[], cut: number): number {
  let sum = 0;
  for (const [index, count] of counts.entries()) {
    sum += count;
    if (sum > cut) return index;
  }
  return 0;
}

/**
 * What a histogram's curve goes through. Bins of whole numbers are counted per grey value: else bins that happen to hold
 * two values stand out like a comb, and those narrower than one value are mostly empty.
 */
export function pointsOf({ min, max, counts }: Histogram): { x: number[]; counts: number[] } {
  const width = (max - min) / counts.length || 1;
  const isWhole = Number.isInteger(min) && Number.isInteger(max) && max - min >= 2;
  if (!isWhole) return { x: counts.map((_, index) => min + (index + 0.5) * width), counts };
  const firstIn = (bin: number) => Math.ceil(bin * width - 1e-9);
  const bins = counts
    .map((count, bin) => {
      const first = firstIn(bin);
      const after = bin === counts.length - 1 ? max - min + 1 : firstIn(bin + 1);
      return { x: min + (first + after - 1) / 2, values: after - first, count };
    })
    .filter((bin) => bin.values > 0);
  return { x: bins.map((bin) => bin.x), counts: bins.map((bin) => bin.count / bin.values) };
}

/** The step of a slider over a range: 1 for wide integer ranges, else a thousandth rounded to a power of ten. */
export function stepOf(min: number, max: number): number {
  const range = max - min;
  if (Number.isInteger(min) && Number.isInteger(max) && range >= 32) return 1;
  return range > 0 ? 10 ** Math.floor(Math.log10(range / 1000)) : 1;
}

/** A number with as many digits as its size asks for. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000) return value.toFixed(0);
  if (size >= 1) return value.toFixed(2);
  return value.toPrecision(3);
}
