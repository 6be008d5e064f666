import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { ImageMap, type Place } from "./imageMap";
import type { ViewState } from "./useViewState";
import type { ViewSearch } from "./viewUrl";
import type { ZarrImage } from "./zarr/zarrImage";
import { labelImageQuery, labelNamesQuery } from "./zarrQueries";

interface Options {
  id: number; target: RefObject<HTMLDivElement | null>; zarr: ZarrImage; search: ViewSearch; view: ViewState;
  onMove: (place: Place) => void; onPointer: (at: { x: number; y: number } | null) => void; onProblem: (error: Error) => void;
}

/** Ties the map to the page: made once for an image, told of every change of the view. */
export function useImageMap({ id, target, zarr, search, view, onMove, onPointer, onProblem }: Options) {
  const map = useRef<ImageMap | null>(null);
  const shown = useRef(view);
  const [rendered, setRendered] = useState("");
  const isFirstShown = rendered !== "";
  const labelNames = useQuery({ ...labelNamesQuery(id), enabled: isFirstShown || view.labels !== "" }).data ?? [];
  const labelImage = useQuery(labelImageQuery(id, view.labels)).data;
  const first = useRef({ search, onMove, onPointer, onProblem });
  useEffect(() => {
    const { search: place, ...events } = first.current;
    const made = new ImageMap(target.current!, zarr, place, {
      onMove: (moved) => events.onMove(moved),
      onPointer: events.onPointer,
      onProblem: events.onProblem,
      onRendered: () => setRendered(`${shown.current.z}/${shown.current.t}`),
    });
    map.current = made;
    return () => {
      map.current = null;
      made.dispose();
    };
  }, [zarr, target]);
  useEffect(() => {
    shown.current = view;
    map.current?.show({ z: view.z, t: view.t }, view.settings, !view.isExact);
  }, [view]);
  useEffect(() => {
    map.current?.showLabels(view.labels && labelImage ? labelImage : null);
  }, [view.labels, labelImage]);
  return { map, rendered, isFirstShown, labelNames };
}
