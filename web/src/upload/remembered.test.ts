import { expect, test } from "vitest";
import { targetAt, withDataset } from "./dropTarget";
import { findSame, readRemembered, type Remembered } from "./remembered";

const upload: Remembered = { uploadId: 1, target: { dataset: 3, label: "Cells" }, files: [{ path: "a.tif", size: 5 }, { path: "b.tif", size: 7 }] };

test("the same files are recognised in any order", () => {
  expect(findSame([upload], [{ path: "b.tif", size: 7 }, { path: "a.tif", size: 5 }])).toBe(upload);
});

test("a file of another size is another upload", () => {
  expect(findSame([upload], [{ path: "b.tif", size: 8 }, { path: "a.tif", size: 5 }])).toBeUndefined();
  expect(findSame([upload], [{ path: "a.tif", size: 5 }])).toBeUndefined();
});

test("a broken memory is no memory", () => {
  expect(readRemembered({ getItem: () => "{nonsense" })).toEqual([]);
  expect(readRemembered({ getItem: () => null })).toEqual([]);
});

test("files dropped beside the tree go into the open container", () => {
  expect(targetAt(null, { type: "dataset", id: 3 }, "Cells")).toEqual({ dataset: 3, label: "Cells" });
  expect(targetAt(null, null, "")).toEqual({ label: "no dataset" });
});

test("files dropped on a project go into a dataset named after their folder, else after the day", () => {
  const target = { project: 1, label: "Mitosis" };
  expect(withDataset(target, ["run1/a.czi", "run1/b.czi"], "2026-01-02").dataset).toBe("run1");
  expect(withDataset(target, ["a.czi", "run1/b.czi"], "2026-01-02").dataset).toBe("2026-01-02");
  expect(withDataset({ dataset: 3, label: "Cells" }, ["a.czi"], "2026-01-02").dataset).toBe(3);
});
