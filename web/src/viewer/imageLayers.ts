import TileLayer from "ol/layer/WebGLTile";
import type Projection from "ol/proj/Projection";
import type { ChannelSettings } from "../api/types";
import { extentOf, PlaneSource } from "./planeSource";
import { colorExpression, labelColor, styleVariables } from "./tileStyle";
import type { Plane, ZarrImage } from "./zarr/zarrImage";

/** The pixels of some channels; which of them show, and how, are variables of its style. */
export class PixelLayer {
  readonly layer: TileLayer;
  private readonly source: PlaneSource;

  constructor(
    private readonly image: ZarrImage,
    readonly bands: number[],
    projection: Projection,
    isSmooth: boolean,
    variables: Record<string, number>,
  ) {
    this.source = new PlaneSource(image, projection, { bandCount: Math.max(bands.length, 1), isSmooth, factor: 1 });
    const color = bands.length ? colorExpression(bands.length, image.isBytes) : ["color", 0, 0, 0, 1];
    this.layer = new TileLayer({ source: this.source, style: { variables, color }, extent: extentOf(image), preload: 2, cacheSize: 256 });
  }

  showPlane(plane: Plane, onProblem: (error: Error) => void): void {
    const { image, bands } = this;
    this.source.showPlane(plane, async (level, area, signal) => {
      if (bands.length === 0) return new Uint8Array(area.width * area.height);
      try {
        return await image.readTile(level, area, plane, bands, signal);
      } catch (error) {
        if (!signal.aborted) onProblem(error as Error);
        throw error;
      }
    });
  }

  showSettings(channels: ChannelSettings[], isGreyscale: boolean): void {
    if (this.bands.length) this.layer.updateStyleVariables(styleVariables(this.bands, channels, isGreyscale));
  }

  dispose(): void {
    this.layer.dispose();
    this.source.dispose();
  }
}

/** Labels, coloured here and never smoothed: a mean of two labels is no label. */
export class LabelLayer {
  readonly layer: TileLayer;
  private readonly source: PlaneSource;

  constructor(
    private readonly labels: ZarrImage,
    image: ZarrImage,
    projection: Projection,
  ) {
    this.source = new PlaneSource(labels, projection, { bandCount: 4, isSmooth: false, factor: image.width / labels.width });
    this.layer = new TileLayer({ source: this.source, opacity: 0.45, extent: extentOf(image), zIndex: 10 });
  }

  showPlane(plane: Plane): void {
    const { labels } = this;
    const inLabels = labels.clampPlane(plane);
    this.source.showPlane(plane, async (level, area, signal) => {
      const values = await labels.readTile(level, area, inLabels, [0], signal);
      const colors = new Uint8Array(area.width * area.height * 4);
      for (let index = 0; index < values.length; index++) {
        if (values[index]) colors.set(labelColor(values[index]!), index * 4);
      }
      return colors;
    });
  }
}
