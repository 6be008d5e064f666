import { expect, test } from "vitest";
import { effectsOf, isClosing, linksOf } from "./levels";

const report = { from: "read-annotate", to: "private", links: { project_dataset_links: 2, dataset_image_links: 1, roi_links: 0 }, is_possible: false, dry_run: true } as const;

test("links are counted in words, and none are left out but those of which there are none", () => {
  expect(linksOf(report)).toEqual(["2 project dataset links", "1 dataset image link"]);
});

test("a report without links says that nothing is cut", () => {
  expect(effectsOf({ ...report, links: {} }).at(-1)).toMatch(/nothing is cut/);
  expect(effectsOf(report).join(" ")).not.toMatch(/nothing is cut/);
});

test("opening is not closing", () => {
  expect(isClosing("private", "read-only")).toBe(false);
  expect(isClosing("read-write", "read-annotate")).toBe(true);
});
