import { expect, test } from "vitest";
import type { Change } from "../api/history";
import { byDay, byEvent, describe, summarise, valuesOf } from "./sentences";

const plain: Change = {
  event_id: 1, time: "2026-03-01T23:59:00Z", action: "UPDATE", object: "image:12", type: "Image", experimenter: { id: 2, ome_name: "ada", name: "Ada" },
  sudo_experimenter_id: null, reason: null, client: "web", undoes_event_id: null, changes: { name: ["a", "b"] },
};
const names = { "image:12": "b", "annotation:5": "mitosis", "dataset:3": "HeLa", "experimenter:4": "bob" };

test("a change is told of the object whose history it is", () => {
  expect(describe(plain, names)).toBe("renamed image “b”");
  expect(describe(plain, names, "image:12")).toBe("renamed this image");
  expect(describe({ ...plain, action: "BIN" }, {})).toBe("put image:12 into the bin");
});

test("a link is told by what it joins", () => {
  const tag = { ...plain, action: "INSERT" as const, type: "ImageAnnotationLink", parent: "image:12", child: "annotation:5" };
  expect(describe(tag, names, "image:12")).toBe("put “mitosis” on this image");
  expect(describe({ ...tag, action: "DELETE", type: "DatasetImageLink", parent: "dataset:3", child: "image:12" }, names, "image:12"))
    .toBe("took this image out of dataset “HeLa”");
});

test("values are in words, references by name", () => {
  expect(valuesOf({ action: "UPDATE", changes: { owner_id: [null, 4], map_value: [[["k", "v"]], []] } }, names)).toEqual([
    { field: "owner", old: "nothing", now: "bob" },
    { field: "map value", old: "k = v", now: "nothing" },
  ]);
});

test("an event of many changes is told in numbers", () => {
  const event = { id: 1, time: "", experimenter: plain.experimenter, sudo_experimenter: null, group: null, client: null, address: null, reason: null, undoes_event_id: null, undone_by_event_id: null };
  expect(summarise({ ...event, has_more: false, changes: [plain], counts: [{ action: "UPDATE", kind: "image", count: 1 }] }, names)).toBe("renamed image “b”");
  expect(summarise({ ...event, has_more: true, changes: [plain], counts: [{ action: "INSERT", kind: "image", count: 1200 }, { action: "BIN", kind: "roi", count: 1 }] }, names))
    .toBe("made 1,200 images, put 1 region of interest into the bin and more");
});

test("changes are gathered by event and by day", () => {
  const other = { ...plain, event_id: 2, time: "2026-03-02T00:00:00Z" };
  expect(byEvent([other, plain, plain]).map((changes) => changes.length)).toEqual([1, 2]);
  expect(byDay([other, plain, plain]).map(([day, items]) => [day, items.length])).toEqual([["2026-03-02", 1], ["2026-03-01", 2]]);
});
