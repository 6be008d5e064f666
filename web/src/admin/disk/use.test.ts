import { expect, test } from "vitest";
import { barOf, parseBytes, type Use } from "./use";

const use = (original: number, derived: number, quota: number | null = null): Use => ({
  id: 1, name: "lab", total_bytes: original + derived, original_bytes: original, original_count: 1, derived_bytes: derived, derived_count: 1,
  in_place_bytes: 0, in_place_count: 0, quota_bytes: quota, remaining_bytes: null,
});

test("a size is read as people write it", () => {
  expect(["500 GB", "1.5 TB", "1,5tb", "20 m", "1 000", "7 bytes", ""].map(parseBytes)).toEqual([500e9, 1.5e12, 1.5e12, 20e6, 1000, 7, null]);
  expect(["much", "-3 GB", "3 XB", "1.2.3 GB"].map(parseBytes)).toEqual(["wrong", "wrong", "wrong", "wrong"]);
});

test("a bar is filled against the quota where there is one, else against the largest", () => {
  expect(barOf(use(30, 20, 100), 1000)).toEqual({ originals: 30, pyramids: 20, isFull: false });
  expect(barOf(use(30, 20), 100)).toEqual({ originals: 30, pyramids: 20, isFull: false });
  expect(barOf(use(90, 50, 100), 1000)).toEqual({ originals: 90, pyramids: 10, isFull: true });
});

test("where nothing is kept and nothing may be, no bar is drawn", () => {
  expect(barOf(use(0, 0), 0)).toEqual({ originals: 0, pyramids: 0, isFull: false });
  expect(barOf(use(5, 0, 0), 0)).toEqual({ originals: 100, pyramids: 0, isFull: true });
});
