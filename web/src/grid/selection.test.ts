import { describe, expect, test } from "vitest";
import { choose, moveIndex, type Selection } from "./selection";

const none: Selection = { ids: [], anchor: null, focus: null };
const ids = [10, 11, 12, 13, 14];

describe("the grid's selection", () => {
  test("is one image after a click", () => {
    expect(choose({ ids: [11, 12], anchor: 11, focus: 12 }, ids, 14, "one")).toEqual({ ids: [14], anchor: 14, focus: 14 });
  });

  test("grows and shrinks with Ctrl", () => {
    const one = choose(none, ids, 11, "toggle");
    const two = choose(one, ids, 13, "toggle");
    expect(two.ids).toEqual([11, 13]);
    expect(choose(two, ids, 11, "toggle").ids).toEqual([13]);
  });

  test("reaches from the anchor with Shift, both ways", () => {
    const start = choose(none, ids, 12, "one");
    expect(choose(start, ids, 14, "range").ids).toEqual([12, 13, 14]);
    expect(choose(choose(start, ids, 14, "range"), ids, 10, "range").ids).toEqual([10, 11, 12]);
  });

  test("with Shift and no anchor is one image", () => {
    expect(choose(none, ids, 12, "range").ids).toEqual([12]);
  });
});

describe("arrow keys", () => {
  test("move by one, by a row, by a page and to the ends", () => {
    expect(moveIndex("ArrowRight", 3, 4, 20, 2)).toBe(4);
    expect(moveIndex("ArrowDown", 3, 4, 20, 2)).toBe(7);
    expect(moveIndex("PageDown", 3, 4, 20, 2)).toBe(11);
    expect(moveIndex("End", 3, 4, 20, 2)).toBe(19);
    expect(moveIndex("Home", 3, 4, 20, 2)).toBe(0);
  });

  test("stay where they are at the edge, and leave other keys alone", () => {
    expect(moveIndex("ArrowUp", 2, 4, 20, 2)).toBe(2);
    expect(moveIndex("ArrowDown", 18, 4, 20, 2)).toBe(18);
    expect(moveIndex("ArrowLeft", 0, 4, 20, 2)).toBe(0);
    expect(moveIndex("x", 0, 4, 20, 2)).toBeNull();
    expect(moveIndex("ArrowLeft", 0, 4, 0, 2)).toBeNull();
  });
});
