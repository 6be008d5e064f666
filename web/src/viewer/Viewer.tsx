import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { imageQuery } from "../api/objects";
import type { RenderingSettings } from "../api/types";
import { InspectorPanel } from "../inspector/Inspector";
import { sayError } from "../ui/toasts";
import { ChannelPanel } from "./panels/ChannelPanel";
import { CursorReadout } from "./panels/CursorReadout";
import { PlaneSliders } from "./panels/PlaneSliders";
import { ScaleBar } from "./panels/ScaleBar";
import { ViewerToolbar } from "./panels/ViewerToolbar";
import { type ImageMap, type Place } from "./imageMap";
import { useImageMap } from "./useImageMap";
import { useViewerKeys } from "./useViewerKeys";
import { useViewState } from "./useViewState";
import { useViewUrl } from "./useViewUrl";
import type { ViewSearch } from "./viewUrl";
import type { ZarrImage } from "./zarr/zarrImage";
import classes from "./Viewer.module.css";

interface Props { id: number; zarr: ZarrImage; saved: RenderingSettings; search: ViewSearch }

/** Everything the toolbar and the keys need to act on the viewer. */
export interface ViewerContext {
  map: () => ImageMap | null;
  controls: ReturnType<typeof useViewState>;
  zarr: ZarrImage;
  page: () => HTMLElement | null;
  panels: { isInfoOpen: boolean; areChannelsOpen: boolean; toggleInfo: () => void; toggleChannels: () => void };
  play: { axis: "z" | "t" | null; toggle: (axis: "z" | "t") => void };
  labelNames: string[];
}

export function Viewer({ id, zarr, saved, search }: Props) {
  const page = useRef<HTMLElement>(null);
  const target = useRef<HTMLDivElement>(null);
  const image = useQuery(imageQuery(id));
  const controls = useViewState(search, saved, zarr);
  const [place, setPlace] = useState<Place | null>(null);
  const [pointer, setPointer] = useState<{ x: number; y: number } | null>(null);
  const [isInfoOpen, setInfoOpen] = useState(false);
  const [areChannelsOpen, setChannelsOpen] = useState(() => window.innerWidth > 700);
  const [playing, setPlaying] = useState<"z" | "t" | null>(null);
  const { map, rendered, isFirstShown, labelNames } = useImageMap({
    id, target, zarr, search, view: controls.view, onMove: setPlace, onPointer: setPointer, onProblem: sayError,
  });
  useViewUrl(controls.view, saved, place);
  const { step } = controls;
  useEffect(() => {
    if (!playing) return;
    // The next plane is asked for when this one is on the screen, at most ten a second.
    const timer = setTimeout(() => step(playing, 1, true), 100);
    return () => clearTimeout(timer);
  }, [playing, rendered, step]);
  const context: ViewerContext = {
    map: () => map.current,
    controls,
    zarr,
    page: () => page.current,
    panels: {
      isInfoOpen, areChannelsOpen,
      toggleInfo: () => setInfoOpen((before) => !before),
      toggleChannels: () => setChannelsOpen((before) => !before),
    },
    play: { axis: playing, toggle: (axis) => setPlaying((before) => (before === axis ? null : axis)) },
    labelNames,
  };
  useViewerKeys(context);
  return (
    <main className={classes.page} ref={page} aria-label={`Viewer of ${image.data?.name ?? `image ${id}`}`}>
      <div className={classes.body}>
        <div ref={target} className={classes.map} tabIndex={0} role="application" data-rendered={rendered}
          aria-label="Image. Arrow keys move it, plus and minus zoom." />
        <ScaleBar image={image.data} zoom={place?.zoom ?? 1} />
        <CursorReadout zarr={zarr} view={controls.view} pointer={pointer} place={place} />
        <PlaneSliders context={context} image={image.data} />
      </div>
      {areChannelsOpen && <ChannelPanel id={id} controls={controls} saved={saved} isShown={isFirstShown} />}
      {isInfoOpen && <InspectorPanel subject={{ type: "image", id }} className={classes.info} />}
      <ViewerToolbar id={id} name={image.data?.name} containers={image.data?.containers} context={context} />
    </main>
  );
}
