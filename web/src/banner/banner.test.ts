import { expect, test } from "vitest";
import { isShown } from "./banner";

const banner = { text: "Down on Friday", level: "warning", ends_at: "2026-01-01T12:00:00Z", set_at: "2026-01-01T08:00:00Z" } as const;
const at = (time: string) => Date.parse(`2026-01-01T${time}Z`);

test("a banner is shown until it is over or put away, and again once it is changed", () => {
  expect(isShown(banner, null, at("11:59:00"))).toBe(true);
  expect(isShown(banner, null, at("12:00:01"))).toBe(false);
  expect(isShown(banner, banner.set_at, at("11:00:00"))).toBe(false);
  expect(isShown({ ...banner, set_at: "2026-01-01T09:00:00Z" }, banner.set_at, at("11:00:00"))).toBe(true);
  expect(isShown({ ...banner, text: "" }, null, at("11:00:00"))).toBe(false);
  expect(isShown(undefined, null, 0)).toBe(false);
});
