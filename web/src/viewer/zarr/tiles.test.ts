import { describe, expect, test } from "vitest";
import { chunksOf, copyChunk, gridOf, type LevelGeometry, levelForWindow, offsetInChunk, repeatEdges, tileSide } from "./tiles";
import { scaleOf } from "./zarrImage";

const level = (part: Partial<LevelGeometry>): LevelGeometry => ({ width: 100, height: 80, chunkWidth: 32, chunkHeight: 16, scale: 1, ...part });

/** A level whose value at (x, y) is y * 1000 + x, cut into chunks as a server would. */
function chunkAt(of: LevelGeometry, column: number, row: number) {
  const data = new Float32Array(of.chunkWidth * of.chunkHeight);
  for (let y = 0; y < of.chunkHeight; y++) {
    for (let x = 0; x < of.chunkWidth; x++) {
      const [px, py] = [column * of.chunkWidth + x, row * of.chunkHeight + y];
      data[y * of.chunkWidth + x] = px < of.width && py < of.height ? py * 1000 + px : -1;
    }
  }
  return { data, shape: [of.chunkHeight, of.chunkWidth], stride: [of.chunkWidth, 1] };
}

function readTile(of: LevelGeometry, area: { x: number; y: number; width: number; height: number }, band = 0, bandCount = 1) {
  const out = new Float32Array(area.width * area.height * bandCount);
  for (const [column, row] of chunksOf(of, area)) {
    copyChunk({ out, area, band, bandCount }, { chunk: chunkAt(of, column, row), column, row, offset: 0, yAxis: 0, xAxis: 1 }, of);
  }
  return out;
}

describe("tiles", () => {
  test("hold exactly the pixels of their place, however chunks and tiles lie", () => {
    for (const size of [16, 40, 64]) {
      for (const of of [level({}), level({ chunkWidth: 7, chunkHeight: 80 }), level({ chunkWidth: 512, chunkHeight: 512 })]) {
        for (let ty = 0; ty * size < of.height; ty++) {
          for (let tx = 0; tx * size < of.width; tx++) {
            const area = { x: tx * size, y: ty * size, width: size, height: size };
            const out = readTile(of, area);
            for (let y = 0; y < size; y++) {
              for (let x = 0; x < size; x++) {
                const isInside = area.x + x < of.width && area.y + y < of.height;
                expect(out[y * size + x]).toBe(isInside ? (area.y + y) * 1000 + area.x + x : 0);
              }
            }
          }
        }
      }
    }
  });

  test("keep their bands apart", () => {
    const out = readTile(level({}), { x: 0, y: 0, width: 4, height: 2 }, 1, 3);
    expect([...out.slice(0, 6)]).toEqual([0, 0, 0, 0, 1, 0]);
  });

  test("take what is not a number as 0", () => {
    const out = new Float32Array(2);
    const chunk = { data: new Float32Array([Number.NaN, 5]), shape: [1, 2], stride: [2, 1] };
    copyChunk({ out, area: { x: 0, y: 0, width: 2, height: 1 }, band: 0, bandCount: 1 }, { chunk, column: 0, row: 0, offset: 0, yAxis: 0, xAxis: 1 },
      level({ width: 2, height: 1, chunkWidth: 2, chunkHeight: 1 }));
    expect([...out]).toEqual([0, 5]);
  });

  test("read 64-bit integers", () => {
    const out = new Float32Array(2);
    const chunk = { data: new BigInt64Array([3n, -4n]), shape: [1, 2], stride: [2, 1] };
    copyChunk({ out, area: { x: 0, y: 0, width: 2, height: 1 }, band: 0, bandCount: 1 }, { chunk, column: 0, row: 0, offset: 0, yAxis: 0, xAxis: 1 },
      level({ width: 2, height: 1, chunkWidth: 2, chunkHeight: 1 }));
    expect([...out]).toEqual([3, -4]);
  });

  test("repeat their last pixels beyond the image", () => {
    const of = level({ width: 3, height: 2 });
    const area = { x: 0, y: 0, width: 5, height: 4 };
    const out = readTile({ ...of, chunkWidth: 3, chunkHeight: 2 }, area);
    repeatEdges({ out, area, bandCount: 1 }, of);
    expect([...out.slice(0, 4)]).toEqual([0, 1, 2, 2]);
    expect([...out.slice(10, 14)]).toEqual([1000, 1001, 1002, 1002]);
  });
});

describe("the tile pyramid", () => {
  test("is coarsest first and knows which level is which", () => {
    const grid = gridOf([level({ scale: 1 }), level({ scale: 2 }), level({ scale: 4 })]);
    expect(grid.resolutions).toEqual([4, 2, 1]);
    expect(grid.levelOfZ).toEqual([2, 1, 0]);
  });

  test("is entered at the level that suits the window", () => {
    const levels = [1, 2, 4, 8].map((scale) => level({ width: 8192 / scale, height: 8192 / scale, scale }));
    expect(levelForWindow(levels, 1000, 1000)).toBe(3);
    expect(levelForWindow(levels, 4000, 4000)).toBe(1);
    expect(levelForWindow([level({ width: 512, height: 512 })], 1000, 1000)).toBe(0);
  });

  test("uses handy chunks as tiles and makes handy ones of others", () => {
    expect(tileSide(256, 5000)).toBe(256);
    expect(tileSide(4096, 5000)).toBe(512);
    expect(tileSide(100, 5000)).toBe(600);
    expect(tileSide(64, 40)).toBe(64);
  });

  test("has whole factors for levels whose size was rounded", () => {
    expect(scaleOf(1001, 501)).toBe(2);
    expect(scaleOf(1001, 250)).toBe(4);
    expect(scaleOf(1000, 1000)).toBe(1);
    expect(scaleOf(1000, 300)).toBeCloseTo(3.333, 3);
  });
});

test("a plane inside of a chunk of several planes is found", () => {
  // Axes t, c, z, y, x with two z sections in a chunk of 4 x 4.
  expect(offsetInChunk([0, 0, 5, 0, 0], [1, 1, 2, 4, 4], [32, 32, 16, 4, 1], [3, 4])).toBe(16);
  expect(offsetInChunk([0, 0, 4, 0, 0], [1, 1, 2, 4, 4], [32, 32, 16, 4, 1], [3, 4])).toBe(0);
});
