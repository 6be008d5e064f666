import type { IconName } from "../ui/icons";
import type { ViewerContext } from "./Viewer";

/** One thing one can do in the viewer: toolbar, tooltips and keys all read the same object. */
export interface ViewerCommand {
  name: string;
  label: (context: ViewerContext) => string;
  icon?: IconName;
  text?: string;
  shortcut: string[];
  isOn?: (context: ViewerContext) => boolean;
  when?: (context: ViewerContext) => boolean;
  /** Not in the toolbar: keys only. */
  isHidden?: boolean;
  perform: (context: ViewerContext) => void;
}

const planeStep = (name: string, label: string, shortcut: string[], axis: "z" | "t", by: number): ViewerCommand => ({
  name, label: () => label, shortcut, isHidden: true, perform: ({ controls }) => controls.step(axis, by),
});

export const viewerCommands: ViewerCommand[] = [
  { name: "zoom-out", label: () => "Zoom out", icon: "minus", shortcut: ["-"], perform: ({ map }) => map()?.zoomBy(0.5) },
  { name: "zoom-in", label: () => "Zoom in", icon: "plus", shortcut: ["+", "="], perform: ({ map }) => map()?.zoomBy(2) },
  { name: "fit", label: () => "Fit to window", icon: "fit", shortcut: ["0"], perform: ({ map }) => map()?.fit() },
  { name: "actual", label: () => "One screen pixel per image pixel", text: "1:1", shortcut: ["1"], perform: ({ map }) => map()?.zoomTo(1) },
  {
    name: "greyscale", label: () => "Greyscale", text: "Grey", shortcut: ["g"],
    isOn: ({ controls }) => controls.view.settings.model === "greyscale",
    perform: ({ controls }) =>
      controls.changeSettings({ model: controls.view.settings.model === "greyscale" ? "color" : "greyscale" }),
  },
  {
    name: "exact", label: () => "Show pixels as squares", text: "Pixels", shortcut: ["p"],
    isOn: ({ controls }) => controls.view.isExact,
    perform: ({ controls }) => controls.change({ isExact: !controls.view.isExact }),
  },
  {
    name: "labels", label: () => "Labels", text: "Labels", shortcut: ["l"],
    when: ({ labelNames }) => labelNames.length > 0,
    isOn: ({ controls }) => controls.view.labels !== "",
    perform: ({ controls, labelNames }) => controls.change({ labels: controls.view.labels ? "" : labelNames[0]! }),
  },
  { name: "channels", label: () => "Channels", text: "Channels", shortcut: ["c"], isOn: ({ panels }) => panels.areChannelsOpen, perform: ({ panels }) => panels.toggleChannels() },
  { name: "info", label: () => "Information and annotations", icon: "info", shortcut: ["i"], isOn: ({ panels }) => panels.isInfoOpen, perform: ({ panels }) => panels.toggleInfo() },
  {
    name: "full-screen", label: () => "Full screen", icon: "full", shortcut: ["f"],
    perform: ({ page }) => void (document.fullscreenElement ? document.exitFullscreen() : page()?.requestFullscreen()),
  },
  planeStep("z-up", "Next z section", ["]", "PageUp"], "z", 1),
  planeStep("z-down", "Previous z section", ["[", "PageDown"], "z", -1),
  planeStep("t-up", "Next time point", ["."], "t", 1),
  planeStep("t-down", "Previous time point", [","], "t", -1),
  {
    name: "play", label: () => "Play", shortcut: [" "], isHidden: true,
    perform: ({ play, zarr }) => play.toggle(play.axis ?? (zarr.sizeT > 1 ? "t" : "z")),
  },
];
