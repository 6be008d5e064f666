/** What one sees, as an address: ?z=3&t=0&x=210&y=90&zoom=2&c=1|100:505$0000FF,-2&m=g. Channels in OMERO's notation. */
import type { ChannelSettings, RenderingSettings } from "../api/types";
import { formatValue } from "./windows";

export interface ViewSearch {
  z?: number; t?: number;
  /** The image pixel at the centre of the window. */
  x?: number; y?: number;
  /** Screen pixels for one image pixel. */
  zoom?: number;
  c?: string; m?: "c" | "g"; labels?: string; exact?: "1";
}

function numberOf(raw: unknown, isWhole: boolean): number | undefined {
  if (raw === undefined || raw === null || raw === "") return undefined;
  const value = Number(raw);
  if (!Number.isFinite(value) || (isWhole && (!Number.isInteger(value) || value < 0))) return undefined;
  return value;
}

/** Reads an address, leaving out whatever makes no sense. */
export function parseViewSearch(raw: Record<string, unknown>): ViewSearch {
  const zoom = numberOf(raw.zoom, false);
  const search: ViewSearch = {
    z: numberOf(raw.z, true), t: numberOf(raw.t, true), x: numberOf(raw.x, false), y: numberOf(raw.y, false),
    zoom: zoom !== undefined && zoom > 0 ? zoom : undefined,
    c: typeof raw.c === "string" && raw.c ? raw.c : undefined,
    m: raw.m === "g" || raw.m === "c" ? raw.m : undefined,
    labels: typeof raw.labels === "string" && raw.labels ? raw.labels : undefined,
    exact: raw.exact === "1" ? "1" : undefined,
  };
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}

/** c=1|100:505$0000FF,-2 of channel settings, channels counted from 1. */
export function formatChannels(channels: ChannelSettings[]): string {
  return channels
    .map((channel) => {
      const number = channel.index + 1;
      const inverted = channel.inverted ? "r" : "";
      return `${channel.active ? number : -number}|${trim(channel.start)}:${trim(channel.end)}${inverted}$${channel.color.toUpperCase()}`;
    })
    .join(",");
}

function trim(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(formatValue(value)) || Number(value.toPrecision(4)));
}

const CHANNEL = /^(-?)(\d+)(?:\|(-?[\d.]+(?:e[-+]?\d+)?):(-?[\d.]+(?:e[-+]?\d+)?)(r?))?(?:\$#?([0-9a-fA-F]{6}))?$/;

/** Channel settings changed by an address; channels that it does not name stay as they are. */
export function applyChannels(text: string, base: ChannelSettings[]): ChannelSettings[] {
  const channels = base.map((channel) => ({ ...channel }));
  for (const part of text.split(",")) {
    const match = CHANNEL.exec(part.trim());
    const channel = match && channels.find((candidate) => candidate.index === Number(match[2]) - 1);
    if (!match || !channel) continue;
    channel.active = match[1] !== "-";
    if (match[3] !== undefined && match[4] !== undefined && Number(match[3]) < Number(match[4])) {
      channel.start = Number(match[3]);
      channel.end = Number(match[4]);
      channel.inverted = match[5] === "r";
    }
    if (match[6]) channel.color = match[6].toUpperCase();
  }
  return channels;
}

/** Whether two sets of channels look the same on the screen. */
export function isSameView(one: RenderingSettings, other: RenderingSettings): boolean {
  return one.model === other.model && formatChannels(one.channels) === formatChannels(other.channels);
}
