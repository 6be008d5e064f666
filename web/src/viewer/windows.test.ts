import { describe, expect, test } from "vitest";
import { colorExpression, labelColor, styleVariables } from "./tileStyle";
import { scaleBarOf } from "./scaleBar";
import { autoWindow, formatValue, linearMap, pointsOf, readableOnBlack, rgbOf, stepOf } from "./windows";

const channel = { index: 0, name: "", active: true, color: "FF8000", start: 100, end: 300, min: 0, max: 65535, inverted: false };

describe("a window", () => {
  test("takes its start to 0 and its end to 1", () => {
    const { factor, offset } = linearMap(channel);
    expect(100 * factor + offset).toBeCloseTo(0);
    expect(300 * factor + offset).toBeCloseTo(1);
  });

  test("that is inverted runs the other way", () => {
    const { factor, offset } = linearMap({ ...channel, inverted: true });
    expect(100 * factor + offset).toBeCloseTo(1);
    expect(300 * factor + offset).toBeCloseTo(0);
  });

  test("of no width divides by nothing", () => {
    const { factor, offset } = linearMap({ start: 5, end: 5, inverted: false });
    expect(Number.isFinite(factor) && Number.isFinite(offset)).toBe(true);
  });

  test("made by itself leaves out the outermost pixels", () => {
    const counts = new Array<number>(100).fill(0);
    counts[0] = 1;
    counts.fill(1000, 10, 20);
    counts[99] = 1;
    expect(autoWindow({ min: 0, max: 100, counts })).toEqual({ start: 10, end: 20 });
  });

  test("of an even picture is not empty", () => {
    const { start, end } = autoWindow({ min: 7, max: 7, counts: [50] });
    expect(end).toBeGreaterThan(start);
    const empty = autoWindow({ min: 0, max: 1, counts: [0, 0] });
    expect(empty.end).toBeGreaterThan(empty.start);
  });
});

describe("a histogram's points", () => {
  /** What a server counts: as many bins as asked for between the least and the greatest value. */
  const countOf = (values: number[], bins: number) => {
    const [min, max] = [Math.min(...values), Math.max(...values)];
    const counts = new Array<number>(bins).fill(0);
    values.forEach((value) => (counts[Math.min(Math.floor(((value - min) / (max - min)) * bins), bins - 1)]! += 1));
    return { min, max, counts };
  };

  test("are level when every grey value occurs equally often", () => {
    for (const greatest of [2, 97, 255, 256, 300, 1000]) {
      const values = Array.from({ length: 5 * (greatest + 1) }, (_, index) => index % (greatest + 1));
      const points = pointsOf(countOf(values, 256));
      expect(new Set(points.counts)).toEqual(new Set([5]));
      expect(points.x[0]).toBeLessThan(2);
      expect(points.x.at(-1)).toBeGreaterThan(greatest - 2);
    }
  });

  test("are the middles of bins otherwise", () => {
    expect(pointsOf({ min: 0, max: 1, counts: [1, 2] })).toEqual({ x: [0.25, 0.75], counts: [1, 2] });
  });
});

describe("the GPU style", () => {
  test("names one variable set for each band", () => {
    const variables = styleVariables([0, 2], [channel, { ...channel, index: 2, color: "0000FF", active: false }], false);
    expect(variables).toMatchObject({ r0: 1, g0: 128 / 255, b0: 0, r1: 0, g1: 0, b1: 0 });
    const named = new Set(JSON.stringify(colorExpression(2, false)).match(/(?:factor|offset|r|g|b)\d+/g));
    expect([...named].every((name) => name in variables)).toBe(true);
  });

  test("scales bands of bytes back to 0 to 255", () => {
    expect(JSON.stringify(colorExpression(1, true))).toContain('["*",["band",1],255]');
    expect(JSON.stringify(colorExpression(1, false))).not.toContain('["*",["band",1],255]');
  });

  test("shows the first active channel in grey", () => {
    const two = [{ ...channel, active: false }, { ...channel, index: 1 }, { ...channel, index: 2 }];
    expect(styleVariables([0, 1, 2], two, true)).toMatchObject({ r0: 0, r1: 1, g1: 1, b1: 1, r2: 0 });
  });
});

describe("numbers", () => {
  test("colours are read with and without a hash", () => {
    expect(rgbOf("#FF0080")).toEqual([1, 0, 128 / 255]);
    expect(rgbOf("nonsense")).toEqual([1, 1, 1]);
  });

  test("pure blue is lightened on dark grey, white and green are not", () => {
    expect(readableOnBlack("00FF00")).toBe("#00ff00");
    expect(readableOnBlack("0000FF")).not.toBe("#0000ff");
  });

  test("steps are whole for wide integer ranges and fine for floats", () => {
    expect(stepOf(0, 65535)).toBe(1);
    expect(stepOf(0, 1)).toBeCloseTo(0.001);
    expect(stepOf(3, 3)).toBe(1);
  });

  test("values have the digits they need", () => {
    expect([formatValue(1234), formatValue(0.012345), formatValue(3.14159), formatValue(Number.NaN)]).toEqual(["1234", "0.0123", "3.14", "–"]);
  });

  test("the same label always has the same colour, and none is see-through", () => {
    expect(labelColor(0)).toEqual([0, 0, 0, 0]);
    expect(labelColor(41)).toEqual(labelColor(41));
    expect(labelColor(41)).not.toEqual(labelColor(42));
    expect(labelColor(7).every((value) => value >= 0 && value <= 255)).toBe(true);
  });
});

describe("the scale bar", () => {
  test("is a round length that fits", () => {
    for (const pixelUm of [0.01, 0.2, 0.65, 5]) {
      for (const zoom of [0.01, 0.3, 1, 16]) {
        const bar = scaleBarOf(pixelUm, zoom);
        expect(bar.widthPx).toBeLessThanOrEqual(140.001);
        expect(bar.widthPx).toBeGreaterThan(50);
        expect(Number((bar.lengthUm / 10 ** Math.floor(Math.log10(bar.lengthUm) + 1e-9)).toFixed(6))).toBeOneOf([1, 2, 5]);
      }
    }
  });

  test("names its unit", () => {
    expect([scaleBarOf(0.2, 1).label, scaleBarOf(0.001, 1).label, scaleBarOf(50, 1).label]).toEqual(["20 µm", "100 nm", "5 mm"]);
  });
});
