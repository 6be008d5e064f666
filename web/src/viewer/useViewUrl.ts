import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import type { RenderingSettings } from "../api/types";
import type { Place } from "./imageMap";
import type { ViewState } from "./useViewState";
import { formatChannels, isSameView, type ViewSearch } from "./viewUrl";

const round = (value: number, digits: number) => Number(value.toPrecision(digits));

export function searchOf(view: ViewState, saved: RenderingSettings, place: Place | null): ViewSearch {
  const isChanged = !isSameView(view.settings, saved);
  return {
    z: view.z === saved.default_z ? undefined : view.z,
    t: view.t === saved.default_t ? undefined : view.t,
    x: place ? Math.round(place.x) : undefined,
    y: place ? Math.round(place.y) : undefined,
    zoom: place ? round(place.zoom, 4) : undefined,
    c: isChanged ? formatChannels(view.settings.channels) : undefined,
    m: view.settings.model === saved.model ? undefined : view.settings.model === "greyscale" ? "g" : "c",
    labels: view.labels || undefined,
    exact: view.isExact ? "1" : undefined,
  };
}

/** Keeps the address true to what is on the screen, without filling the history. */
export function useViewUrl(view: ViewState, saved: RenderingSettings, place: Place | null): void {
  const navigate = useNavigate();
  useEffect(() => {
    if (!place) return;
    const timer = setTimeout(() => {
      const search = searchOf(view, saved, place);
      void navigate({ to: ".", search: search, replace: true, resetScroll: false });
    }, 250);
    return () => clearTimeout(timer);
  }, [view, saved, place, navigate]);
}
