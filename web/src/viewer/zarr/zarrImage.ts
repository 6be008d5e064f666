import { FetchStore, open, type Array as ZarrArray, type DataType } from "zarrita";
import { ChunkCache, type ChunkData } from "./chunkCache";
import { chunksOf, copyChunk, type LevelGeometry, offsetInChunk, type Rectangle, repeatEdges } from "./tiles";

export interface Plane { z: number; t: number }
interface Multiscale {
  axes: { name: string; type?: string; unit?: string }[];
  datasets: { path: string; coordinateTransformations?: { type: string; scale?: number[] }[] }[];
}
interface OmeAttributes { multiscales?: Multiscale[]; labels?: string[] }
interface Axes { t: number; c: number; z: number; y: number; x: number }
export interface Level extends LevelGeometry { array: ZarrArray<DataType, FetchStore> }

const sharedCache = new ChunkCache();

/** An OME-Zarr image over HTTP: its levels, and tiles read from them through a cache of decoded chunks. */
export class ZarrImage {
  private constructor(
    readonly url: string,
    readonly levels: Level[],
    readonly axes: Axes,
    readonly dtype: string,
  ) {}

  static async open(url: string): Promise<ZarrImage> {
    const store = new FetchStore(new URL(url, window.location.href));
    const group = await open.v3(store, { kind: "group" });
    const multiscale = (group.attrs.ome as OmeAttributes | undefined)?.multiscales?.[0];
    if (!multiscale) throw new Error(`${url} has no multiscale image.`);
    const axes = axesOf(multiscale);
    const arrays = await Promise.all(multiscale.datasets.map((dataset) => open.v3(group.resolve(dataset.path), { kind: "array" })));
    const full = arrays[0]!;
    const levels = arrays.map((array): Level => ({
      array,
      width: array.shape[axes.x]!,
      height: array.shape[axes.y]!,
      chunkWidth: array.chunks[axes.x]!,
      chunkHeight: array.chunks[axes.y]!,
      scale: scaleOf(full.shape[axes.x]!, array.shape[axes.x]!),
    }));
    return new ZarrImage(url, levels, axes, full.dtype);
  }

  get width(): number {
    return this.levels[0]!.width;
  }
  get height(): number {
    return this.levels[0]!.height;
  }
  /** Whether a tile's values fit a texture of bytes; everything else becomes float32. */
  get isBytes(): boolean {
    return this.dtype === "uint8" || this.dtype === "bool";
  }

  get sizeZ(): number {
    return this.axes.z < 0 ? 1 : this.levels[0]!.array.shape[this.axes.z]!;
  }
  get sizeT(): number {
    return this.axes.t < 0 ? 1 : this.levels[0]!.array.shape[this.axes.t]!;
  }

  /** The nearest plane this image has: labels may be flat where their image is a stack. */
  clampPlane(plane: Plane): Plane {
    return { z: Math.min(plane.z, this.sizeZ - 1), t: Math.min(plane.t, this.sizeT - 1) };
  }

  async readTile(levelIndex: number, area: Rectangle, plane: Plane, channels: number[], signal?: AbortSignal): Promise<Float32Array | Uint8Array> {
    const level = this.levels[levelIndex]!;
    const bandCount = channels.length;
    const size = area.width * area.height * bandCount;
    const out = this.isBytes ? new Uint8Array(size) : new Float32Array(size);
    await Promise.all(
      channels.flatMap((channel, band) =>
        chunksOf(level, area).map(async ([column, row]) => {
          const chunk = await this.loadChunk(levelIndex, channel, plane, column, row, signal);
          if (chunk) copyChunk({ out, area, band, bandCount }, this.place(level, chunk, channel, plane, column, row), level);
        }),
      ),
    );
    repeatEdges({ out, area, bandCount }, level);
    return out;
  }

  /** Starts fetching a whole plane of a level; what fails here is asked for again when it is needed. */
  prefetchPlane(levelIndex: number, plane: Plane, channels: number[]): void {
    const level = this.levels[levelIndex]!;
    for (const [column, row] of chunksOf(level, { x: 0, y: 0, width: level.width, height: level.height })) {
      for (const channel of channels) this.loadChunk(levelIndex, channel, plane, column, row).catch(() => undefined);
    }
  }

  /** The value at a pixel of the full image, from the finest level that is in memory, and that level's scale. */
  peekValue(x: number, y: number, channel: number, plane: Plane): { value: number; scale: number } | null {
    for (const [index, level] of this.levels.entries()) {
      const px = Math.min(Math.floor(x / level.scale), level.width - 1);
      const py = Math.min(Math.floor(y / level.scale), level.height - 1);
      const column = Math.floor(px / level.chunkWidth);
      const row = Math.floor(py / level.chunkHeight);
      const chunk = sharedCache.peek(this.keyOf(index, this.coordinates(level, channel, plane, column, row)));
      if (!chunk) continue;
      const placed = this.place(level, chunk, channel, plane, column, row);
      const at = placed.offset + (py % level.chunkHeight) * chunk.stride[this.axes.y]! + (px % level.chunkWidth) * chunk.stride[this.axes.x]!;
      return { value: Number(chunk.data[at]), scale: level.scale };
    }
    return null;
  }

  private place(level: Level, chunk: ChunkData, channel: number, plane: Plane, column: number, row: number) {
    const position = this.position(channel, plane);
    const offset = offsetInChunk(position, level.array.chunks, chunk.stride, [this.axes.y, this.axes.x]);
    return { chunk, column, row, offset, yAxis: this.axes.y, xAxis: this.axes.x };
  }

  private position(channel: number, plane: Plane): number[] {
    const position = new Array<number>(this.levels[0]!.array.shape.length).fill(0);
    if (this.axes.t >= 0) position[this.axes.t] = plane.t;
    if (this.axes.c >= 0) position[this.axes.c] = channel;
    if (this.axes.z >= 0) position[this.axes.z] = plane.z;
    return position;
  }

  private coordinates(level: Level, channel: number, plane: Plane, column: number, row: number): number[] {
    const at = this.position(channel, plane).map((value, axis) => Math.floor(value / level.array.chunks[axis]!));
    at[this.axes.y] = row;
    at[this.axes.x] = column;
    return at;
  }

  private keyOf(levelIndex: number, coordinates: number[]): string {
    return `${this.url}|${levelIndex}|${coordinates.join("/")}`;
  }

  private loadChunk(levelIndex: number, channel: number, plane: Plane, column: number, row: number, signal?: AbortSignal) {
    const level = this.levels[levelIndex]!;
    const coordinates = this.coordinates(level, channel, plane, column, row);
    return sharedCache.load(
      this.keyOf(levelIndex, coordinates),
      async (abort) => {
        const chunk = await level.array.getChunk(coordinates, { signal: abort });
        const data = ArrayBuffer.isView(chunk.data) ? chunk.data : Uint8Array.from(chunk.data as Iterable<number>);
        return { data: data as unknown as ArrayLike<number | bigint>, shape: chunk.shape, stride: chunk.stride };
      },
      signal,
    );
  }
}

/** The names of an image's label images; none when it has no labels. */
export async function listLabels(url: string): Promise<string[]> {
  const store = new FetchStore(new URL(`${url}/labels`, window.location.href));
  const bytes = await store.get("/zarr.json");
  if (!bytes) return [];
  const metadata = JSON.parse(new TextDecoder().decode(bytes)) as { attributes?: { ome?: OmeAttributes } };
  return metadata.attributes?.ome?.labels ?? [];
}

function axesOf(multiscale: Multiscale): Axes {
  const names = multiscale.axes.map((axis) => axis.name);
  const axes = { t: names.indexOf("t"), c: names.indexOf("c"), z: names.indexOf("z"), y: names.indexOf("y"), x: names.indexOf("x") };
  if (axes.x < 0 || axes.y < 0) throw new Error("The image has no x and y axes.");
  return axes;
}

/** Whole factors where the sizes allow it: a level of ceil(n / 2) pixels is half of the one below, not 0.5001 of it. */
export function scaleOf(fullSize: number, levelSize: number): number {
  const factor = Math.round(fullSize / levelSize);
  if (Math.ceil(fullSize / factor) === levelSize || Math.floor(fullSize / factor) === levelSize) return factor;
  return fullSize / levelSize;
}
