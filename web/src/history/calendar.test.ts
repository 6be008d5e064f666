import { expect, test } from "vitest";
import { daysOf, levelOf } from "./calendar";

test("a year has all its days, Mondays at the top of a week", () => {
  const days = daysOf(2024);
  expect(days).toHaveLength(366);
  expect(days[0]).toEqual({ date: "2024-01-01", week: 0, weekday: 0, month: 0 });
  expect(days.at(-1)).toEqual({ date: "2024-12-31", week: 52, weekday: 1, month: 11 });
  expect(daysOf(2026)[0]!.weekday).toBe(3);
});

test("colours go from nothing to the busiest day", () => {
  expect([0, 1, 10, 100, 1000].map((count) => levelOf(count, 1000))).toEqual([0, 1, 2, 3, 4]);
  expect(levelOf(1, 1)).toBe(4);
});
