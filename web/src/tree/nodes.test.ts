import { expect, test } from "vitest";
import { flatten } from "./nodes";

test("the tree lists open containers with what they hold", () => {
  const tree = { projects: [{ id: 1, name: "P", child_count: 1 }], datasets: [{ id: 9, name: "Loose" }], screens: [{ id: 2, name: "S" }], plates: [], orphaned_images: 3 };
  const open = new Set(["project:1", "screen:2"]);
  const rows = flatten(tree, open, (type) => (type === "project" ? [{ id: 4, name: "D" }] : undefined));
  expect(rows.map((row) => `${row.depth}${row.name}`)).toEqual(["0P", "1D", "0Loose", "0S", "1Loading", "0Orphaned images"]);
  expect(rows[1]).toMatchObject({ path: "/datasets/4", parent: "project:1" });
});
