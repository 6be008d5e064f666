/** Pure arithmetic between an image's levels, Zarr chunks and the map's tiles. No request is made here. */
import type { ChunkData } from "./chunkCache";

export interface LevelGeometry {
  width: number;
  height: number;
  /** Width and height of one chunk. */
  chunkWidth: number;
  chunkHeight: number;
  /** How many pixels of the full image one pixel of this level covers. */
  scale: number;
}
export interface Rectangle { x: number; y: number; width: number; height: number }

/** A tile's side: the chunk's where that is handy, else a multiple or a part of about 512. */
export function tileSide(chunk: number, size: number): number {
  if (chunk >= 128 && chunk <= 1024) return chunk;
  if (chunk > 1024) return Math.min(512, size);
  return Math.ceil(Math.min(512, size) / chunk) * chunk;
}

export interface Grid { resolutions: number[]; tileSizes: [number, number][]; levelOfZ: number[] }

/** The map's tile pyramid, coarsest first, as the map counts it; level 0 is the full image. */
export function gridOf(levels: LevelGeometry[]): Grid {
  const order = levels.map((_, index) => index).sort((a, b) => levels[b]!.scale - levels[a]!.scale);
  return {
    levelOfZ: order,
    resolutions: order.map((index) => levels[index]!.scale),
    tileSizes: order.map((index) => {
      const level = levels[index]!;
      return [tileSide(level.chunkWidth, level.width), tileSide(level.chunkHeight, level.height)];
    }),
  };
}

/** The level whose pixels come nearest to the screen's when the whole image fits a window, as the map chooses it. */
export function levelForWindow(levels: LevelGeometry[], windowWidth: number, windowHeight: number): number {
  const full = levels.reduce((best, level) => (level.scale < best.scale ? level : best));
  const resolution = Math.max(full.width / windowWidth, full.height / windowHeight);
  const distance = (level: LevelGeometry) => Math.abs(level.scale - resolution);
  return levels.reduce((best, level, index) => (distance(level) < distance(levels[best]!) ? index : best), 0);
}

/** The chunks (column, row) that a rectangle of a level touches, the parts outside of the level left out. */
export function chunksOf(level: LevelGeometry, area: Rectangle): [number, number][] {
  const right = Math.min(area.x + area.width, level.width);
  const bottom = Math.min(area.y + area.height, level.height);
  const found: [number, number][] = [];
  for (let row = Math.floor(area.y / level.chunkHeight); row * level.chunkHeight < bottom; row++) {
    for (let column = Math.floor(area.x / level.chunkWidth); column * level.chunkWidth < right; column++) found.push([column, row]);
  }
  return found;
}

export interface Target { out: Float32Array | Uint8Array; area: Rectangle; band: number; bandCount: number }
export interface Placed { chunk: ChunkData; column: number; row: number; offset: number; yAxis: number; xAxis: number }

/** Copies the part of a chunk that lies in the tile into one band of it; what is not a number becomes 0. */
export function copyChunk(target: Target, placed: Placed, level: LevelGeometry): void {
  const { out, area, band, bandCount } = target;
  const { data, stride } = placed.chunk;
  const originX = placed.column * level.chunkWidth;
  const originY = placed.row * level.chunkHeight;
  const fromX = Math.max(area.x, originX);
  const toX = Math.min(area.x + area.width, originX + level.chunkWidth, level.width);
  const fromY = Math.max(area.y, originY);
  const toY = Math.min(area.y + area.height, originY + level.chunkHeight, level.height);
  const stepX = stride[placed.xAxis]!;
  const stepY = stride[placed.yAxis]!;
  for (let y = fromY; y < toY; y++) {
    let read = placed.offset + (y - originY) * stepY + (fromX - originX) * stepX;
    let write = ((y - area.y) * area.width + (fromX - area.x)) * bandCount + band;
    for (let x = fromX; x < toX; x++) {
      const value = Number(data[read]);
      out[write] = value === value ? value : 0;
      read += stepX;
      write += bandCount;
    }
  }
}

/** Repeats the last row and column into the part of a tile beyond the image, so that smoothing finds no black edge. */
export function repeatEdges(target: Omit<Target, "band">, level: LevelGeometry): void {
  const { out, area, bandCount } = target;
  const width = Math.min(area.width, level.width - area.x);
  const height = Math.min(area.height, level.height - area.y);
  if (width <= 0 || height <= 0) return;
  const rowLength = area.width * bandCount;
  if (width < area.width) {
    for (let y = 0; y < height; y++) {
      const edge = y * rowLength + (width - 1) * bandCount;
      // One column is enough for a linear filter.
      out.copyWithin(edge + bandCount, edge, edge + bandCount);
    }
  }
  if (height < area.height) out.copyWithin(height * rowLength, (height - 1) * rowLength, height * rowLength);
}

/** The offset of a plane (t, c, z) inside of a chunk that may hold several planes. */
export function offsetInChunk(position: number[], chunkShape: number[], stride: number[], spatial: number[]): number {
  let offset = 0;
  position.forEach((value, axis) => {
    if (!spatial.includes(axis)) offset += (value % chunkShape[axis]!) * stride[axis]!;
  });
  return offset;
}
