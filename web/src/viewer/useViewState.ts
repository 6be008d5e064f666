import { useCallback, useMemo, useState } from "react";
import type { ChannelSettings, RenderingSettings } from "../api/types";
import { applyChannels, type ViewSearch } from "./viewUrl";
import type { ZarrImage } from "./zarr/zarrImage";

export interface ViewState {
  z: number;
  t: number;
  settings: RenderingSettings;
  /** The label image on top, or none. */
  labels: string;
  /** Pixels drawn as squares instead of smoothed. */
  isExact: boolean;
}

const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, value));

export function initialView(search: ViewSearch, saved: RenderingSettings, zarr: Pick<ZarrImage, "sizeZ" | "sizeT">): ViewState {
  return {
    z: clamp(search.z ?? saved.default_z, zarr.sizeZ),
    t: clamp(search.t ?? saved.default_t, zarr.sizeT),
    labels: search.labels ?? "",
    isExact: search.exact === "1",
    settings: {
      ...saved,
      model: search.m === "g" ? "greyscale" : search.m === "c" ? "color" : saved.model,
      channels: search.c ? applyChannels(search.c, saved.channels) : saved.channels,
    },
  };
}

export function useViewState(search: ViewSearch, saved: RenderingSettings, zarr: ZarrImage) {
  const [view, setView] = useState(() => initialView(search, saved, zarr));
  const change = useCallback((part: Partial<ViewState>) => setView((before) => ({ ...before, ...part })), []);
  const changeSettings = useCallback(
    (part: Partial<RenderingSettings>) => setView((before) => ({ ...before, settings: { ...before.settings, ...part } })),
    [],
  );
  const changeChannel = useCallback((index: number, part: Partial<ChannelSettings>) => {
    setView((before) => {
      const channels = before.settings.channels.map((channel) => (channel.index === index ? { ...channel, ...part } : channel));
      return { ...before, settings: { ...before.settings, channels } };
    });
  }, []);
  const step = useCallback(
    (axis: "z" | "t", by: number, isRound = false) => {
      const size = axis === "z" ? zarr.sizeZ : zarr.sizeT;
      setView((before) => {
        const next = isRound ? (before[axis] + by + size) % size : clamp(before[axis] + by, size);
        return { ...before, [axis]: next };
      });
    },
    [zarr],
  );
  return useMemo(() => ({ view, change, changeSettings, changeChannel, step }), [view, change, changeSettings, changeChannel, step]);
}

export type ViewControls = ReturnType<typeof useViewState>;
