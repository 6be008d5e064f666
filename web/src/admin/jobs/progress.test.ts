import { expect, test } from "vitest";
import { failuresOf, formatSeconds, resultOf, secondsOf } from "./progress";

test("a time is told in its two largest units", () => {
  expect([null, 0.2, 4, 200, 7500, 97_200, 86_405].map((seconds) => formatSeconds(seconds))).toEqual(["", "under 1 s", "4 s", "3 min 20 s", "2 h 5 min", "1 d 3 h", "1 d"]);
});

test("a job that runs has run until now, one that waits not at all", () => {
  const now = Date.parse("2026-01-01T10:00:30Z");
  expect(secondsOf({ started_at: null, finished_at: null }, now)).toBeNull();
  expect(secondsOf({ started_at: "2026-01-01T10:00:00Z", finished_at: null }, now)).toBe(30);
  expect(secondsOf({ started_at: "2026-01-01T10:00:00Z", finished_at: "2026-01-01T10:00:10Z" }, now)).toBe(10);
});

test("what a job made is counted, and what failed is told", () => {
  const result = { images: [1, 2], plates: [], failed: [{ path: "a.czi", reason: "is cut short" }], sent: 3, download: "/x" };
  expect(resultOf(result)).toEqual([["Images", "2"], ["Failed", "1"], ["Sent", "3"]]);
  expect(failuresOf(result)).toEqual(["a.czi: is cut short"]);
  expect(failuresOf(null)).toEqual([]);
});
