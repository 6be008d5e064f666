import { expect, test } from "vitest";
import type { PreviewFileset } from "../api/types";
import { byFolder, chosenOf, describeAction, describeCounts, targetFrom } from "./reviewing";

const fileset = (path: string, images = 1, known: number | null = null): PreviewFileset => ({
  path, reader: "czi", files: 1, file_names: [path], bytes: 1, image_count: images, images: [], warnings: [], plates: [], into: [], known,
});

test("filesets stand in their folders", () => {
  expect(byFolder([fileset("a.czi"), fileset("r/b.czi"), fileset("r/c.czi")]).map(({ path, filesets }) => [path, filesets.length])).toEqual([["", 1], ["r", 2]]);
});

test("what is left out does not count", () => {
  expect(chosenOf([fileset("a", 3), fileset("b", 4), fileset("c", 5, 9)], new Set(["a"]))).toEqual({ fresh: 4, known: 5 });
});

test("the button says what will be done, and there is none where nothing is", () => {
  expect(describeAction({ fresh: 4, known: 5 }, "link")).toBe("Import 4 images");
  expect(describeAction({ fresh: 1, known: 5 }, "import")).toBe("Import 6 images");
  expect(describeAction({ fresh: 0, known: 1 }, "link")).toBe("Put 1 image there");
  expect(describeAction({ fresh: 0, known: 1 }, "skip")).toBeNull();
});

test("counts are told in words, without what there is none of", () => {
  expect(describeCounts({ images: 1, filesets: 1, plates: 0, files: 2, known: 0, failed: 0 })).toBe("1 image in 1 fileset, 2 files");
  expect(describeCounts({ images: 2, filesets: 1, plates: 1, files: 1, known: 3, failed: 1 })).toBe("2 images in 1 fileset on 1 plate, 1 file, 3 here already, 1 cannot be read");
});

test("a name that is offered is a number, another is made, in the project where it was to go", () => {
  const offered = [{ id: 7, name: "Cells" }];
  expect(targetFrom({ project: 2, label: "P" }, { dataset: "Cells", screen: "" }, offered, [])).toEqual({ dataset: 7, screen: undefined, label: "Cells" });
  expect(targetFrom({ project: 2, label: "P" }, { dataset: "New", screen: "" }, offered, [])).toEqual({ project: 2, dataset: "New", screen: undefined, label: "New" });
  expect(targetFrom({ label: "no dataset" }, { dataset: " ", screen: "" }, offered, [])).toEqual({ project: undefined, dataset: undefined, screen: undefined, label: "no dataset" });
});
