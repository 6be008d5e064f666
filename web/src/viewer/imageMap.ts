import OlMap from "ol/Map";
import View from "ol/View";
import { defaults as defaultInteractions } from "ol/interaction/defaults";
import Projection from "ol/proj/Projection";
import type { RenderingSettings } from "../api/types";
import { LabelLayer, PixelLayer } from "./imageLayers";
import { extentOf } from "./planeSource";
import { styleVariables } from "./tileStyle";
import type { Plane, ZarrImage } from "./zarr/zarrImage";

export interface Place { x: number; y: number; zoom: number }
export interface MapEvents {
  onMove: (place: Place) => void;
  onPointer: (at: { x: number; y: number } | null) => void;
  onRendered: () => void;
  onProblem: (error: Error) => void;
}

/** The map that shows one image: coordinates are image pixels, y counted down from the top as negative numbers. */
export class ImageMap {
  private readonly map: OlMap;
  private readonly projection: Projection;
  private front: PixelLayer | null = null;
  private retiring: PixelLayer | null = null;
  private labels: LabelLayer | null = null;
  private plane: Plane = { z: 0, t: 0 };
  private isSmooth = true;
  private isComplete = false;

  constructor(target: HTMLElement, private readonly image: ZarrImage, place: Partial<Place>, private readonly events: MapEvents) {
    const extent = extentOf(image);
    this.projection = new Projection({ code: "image-pixels", units: "pixels", extent });
    this.map = new OlMap({
      target, controls: [], interactions: defaultInteractions({ altShiftDragRotate: false, pinchRotate: false }), maxTilesLoading: 24,
      view: new View({
        projection: this.projection, center: [image.width / 2, -image.height / 2], resolution: 1, minResolution: 1 / 64,
        maxResolution: Math.max(image.width, image.height) / 128, constrainOnlyCenter: true, extent, smoothExtentConstraint: true,
      }),
    });
    this.fit();
    if (place.x !== undefined && place.y !== undefined) this.map.getView().setCenter([place.x, -place.y]);
    if (place.zoom !== undefined) this.map.getView().setResolution(1 / place.zoom);
    this.map.on("moveend", () => events.onMove(this.place()));
    this.map.on("postrender", () => events.onMove(this.place()));
    this.map.on("pointermove", (event) => {
      const [x, y] = event.coordinate as [number, number];
      const isInside = x >= 0 && -y >= 0 && x < image.width && -y < image.height;
      events.onPointer(isInside ? { x: Math.floor(x), y: Math.floor(-y) } : null);
    });
    target.addEventListener("pointerleave", () => events.onPointer(null));
    this.map.on("rendercomplete", () => {
      this.isComplete = this.front !== null;
      this.retire();
      events.onRendered();
    });
  }

  place(): Place {
    const view = this.map.getView();
    const [x, y] = view.getCenter() as [number, number];
    return { x, y: -y, zoom: 1 / view.getResolution()! };
  }

  fit(): void {
    const { width, height } = this.image;
    const [mapWidth, mapHeight] = (this.map.getSize() ?? [800, 600]) as [number, number];
    const view = this.map.getView();
    view.setCenter([width / 2, -height / 2]);
    view.setResolution(Math.max(width / Math.max(mapWidth, 64), height / Math.max(mapHeight, 64), 1 / 16));
  }

  zoomBy(factor: number): void {
    this.map.getView().animate({ resolution: this.map.getView().getResolution()! / factor, duration: 120 });
  }

  zoomTo(zoom: number): void {
    this.map.getView().setResolution(1 / zoom);
  }

  /** Shows a plane with settings. Windows and colours are variables; only channels not yet read are fetched. */
  show(plane: Plane, settings: RenderingSettings, isSmooth: boolean): void {
    const active = settings.channels.filter((channel) => channel.active).map((channel) => channel.index);
    const isGreyscale = settings.model === "greyscale";
    const hasAll = this.front && active.every((index) => this.front!.bands.includes(index)) && this.front.bands.length <= active.length + 2;
    if (!hasAll || isSmooth !== this.isSmooth) {
      this.isSmooth = isSmooth;
      const layer = new PixelLayer(this.image, active, this.projection, isSmooth, styleVariables(active, settings.channels, isGreyscale));
      layer.showPlane(plane, this.events.onProblem);
      this.replaceFront(layer);
    } else {
      this.front!.showSettings(settings.channels, isGreyscale);
      if (plane.z !== this.plane.z || plane.t !== this.plane.t) this.front!.showPlane(plane, this.events.onProblem);
    }
    if (plane.z !== this.plane.z || plane.t !== this.plane.t) this.labels?.showPlane(plane);
    this.plane = plane;
  }

  showLabels(labels: ZarrImage | null): void {
    if (this.labels) this.map.removeLayer(this.labels.layer);
    this.labels = labels && new LabelLayer(labels, this.image, this.projection);
    if (!this.labels) return;
    this.labels.showPlane(this.plane);
    this.map.addLayer(this.labels.layer);
  }

  dispose(): void {
    this.map.setTarget(undefined);
    this.front?.dispose();
    this.retire();
    this.map.dispose();
  }

  /** The old layer stays below until the new one is complete, so that nothing flickers. */
  private replaceFront(layer: PixelLayer): void {
    if (this.isComplete || !this.retiring) {
      this.retire();
      this.retiring = this.front;
    } else if (this.front) {
      // The front never became complete: the one below it is still the better picture.
      this.map.removeLayer(this.front.layer);
      this.front.dispose();
    }
    this.front = layer;
    this.isComplete = false;
    this.map.addLayer(layer.layer);
  }

  private retire(): void {
    if (!this.retiring) return;
    this.map.removeLayer(this.retiring.layer);
    this.retiring.dispose();
    this.retiring = null;
  }
}
