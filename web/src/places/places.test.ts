import { describe, expect, it } from "vitest";
import { crumbsOf, goalOf, isInside, startOf, toggle } from "./places";

describe("choosing below a place", () => {
  it("names the folders on the way", () => {
    expect(crumbsOf("")).toEqual([]);
    expect(crumbsOf("run1/day 2")).toEqual([{ name: "run1", path: "run1" }, { name: "day 2", path: "run1/day 2" }]);
  });

  it("lets a folder take the place of what lies in it", () => {
    const chosen = toggle(toggle(toggle(new Set(), "run1/a.tif"), "run10/b.tif"), "run1");
    expect([...chosen]).toEqual(["run10/b.tif", "run1"]);
    expect([...toggle(chosen, "")]).toEqual([""]);
    expect([...toggle(chosen, "run1")]).toEqual(["run10/b.tif"]);
  });

  it("knows what lies in a chosen folder", () => {
    expect(isInside("run1/a.tif", new Set(["run1"]))).toBe(true);
    expect(isInside("run10/a.tif", new Set(["run1"]))).toBe(false);
    expect(isInside("run1", new Set(["run1"]))).toBe(false);
    expect(isInside("run1", new Set([""]))).toBe(true);
  });

  it("tells a container by its number where it is there", () => {
    const known = [{ id: 7, name: "Mitosis" }];
    expect(goalOf("Mitosis ", known)).toBe(7);
    expect(goalOf("New", known)).toBe("New");
    expect(goalOf(" ", known)).toBeUndefined();
  });

  it("begins with the container whose page is open", () => {
    expect(startOf({ type: "dataset", id: 3 }, "Mitosis")).toEqual({ dataset: "Mitosis" });
    expect(startOf({ type: "image", id: 3 }, "a")).toEqual({});
    expect(startOf(null, "")).toEqual({});
  });
});
