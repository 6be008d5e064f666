import DataTileSource, { type Loader } from "ol/source/DataTile";
import type Projection from "ol/proj/Projection";
import TileGrid from "ol/tilegrid/TileGrid";
import { gridOf } from "./zarr/tiles";
import type { Plane, ZarrImage } from "./zarr/zarrImage";

export const extentOf = (image: { width: number; height: number }): [number, number, number, number] => [0, -image.height, image.width, 0];

/** Reads the tile at a level of the image: the area in that level's pixels. */
export type ReadArea = (level: number, area: { x: number; y: number; width: number; height: number }, signal: AbortSignal) => Promise<Uint8Array | Float32Array>;

/**
 * Tiles of one image, one plane at a time. The plane is the source's key: tiles of the plane before stay on the screen
 * until those of the new plane have arrived.
 */
export class PlaneSource extends DataTileSource {
  private readonly pyramid: ReturnType<typeof gridOf>;

  constructor(image: ZarrImage, projection: Projection, options: { bandCount: number; isSmooth: boolean; factor: number }) {
    const pyramid = gridOf(image.levels);
    const { factor } = options;
    const tileGrid = new TileGrid({
      extent: extentOf({ width: image.width * factor, height: image.height * factor }),
      origin: [0, 0],
      resolutions: pyramid.resolutions.map((resolution) => resolution * factor),
      tileSizes: pyramid.tileSizes,
    });
    super({ projection, tileGrid, bandCount: options.bandCount, interpolate: options.isSmooth, transition: 0, wrapX: false });
    this.pyramid = pyramid;
  }

  showPlane(plane: Plane, readArea: ReadArea): void {
    const { levelOfZ, tileSizes } = this.pyramid;
    const loader: Loader = (z, column, row, options) => {
      const [width, height] = tileSizes[z]!;
      return readArea(levelOfZ[z]!, { x: column * width, y: row * height, width, height }, options.signal);
    };
    this.setLoader(loader);
    this.setKey(`${plane.z}/${plane.t}`);
  }
}
