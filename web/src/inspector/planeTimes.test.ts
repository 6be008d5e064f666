import { describe, expect, it } from "vitest";
import { intervalsOf, linePoints, sharedValues, spellSeconds } from "./planeTimes";

const told = (values: (number | null)[], unit = "s") => ({ count: values.length, next: null, columns: { delta_t: { unit, values } } });

describe("times of planes", () => {
  it("lie as far apart as one from the next", () => {
    expect(intervalsOf(told([0, 2, 4, null, 7]))).toEqual({ seconds: [2, 2, 3], median: 2, least: 2, greatest: 3 });
  });
  it("are told of none where there are too few, or no times", () => {
    expect(intervalsOf(told([0, 2]))).toBeNull();
    expect(intervalsOf(told([0, 2, 4], "reference frame"))).toBeNull();
    expect(intervalsOf({ count: 0, next: null, columns: {} })).toBeNull();
  });
  it("are spelt as people say them", () => {
    expect([0, 0.0125, 0.5, 2.5, 59.9994, 90, 150, 7500, -121].map(spellSeconds)).toEqual(["0 s", "12.5 ms", "500 ms", "2.5 s", "59.999 s", "90 s", "2 min 30 s", "2 h 5 min", "−2 min 1 s"]);
  });
  it("are told once where all are alike", () => {
    const columns = { the_z: { unit: null, values: [0, 0] }, position_x: { unit: "µm", values: [5, 5] }, delta_t: { unit: "s", values: [0, 1] }, position_y: { unit: "µm", values: [5, null] } };
    expect(sharedValues({ count: 2, next: null, columns })).toEqual({ position_x: 5 });
  });
  it("make a line in a box", () => {
    expect(linePoints([1, 3, 2], 20, 10)).toBe("0.0,10.0 10.0,0.0 20.0,5.0");
    expect(linePoints([4, 4], 20, 10)).toBe("0.0,5.0 20.0,5.0");
  });
});
