import { expect, test } from "vitest";
import type { Well } from "../api/types";
import { imageOf, layOut, rowName } from "./plateLayout";

test("rows of wells are named as on a plate", () => {
  expect([0, 7, 15, 25, 26, 31].map(rowName)).toEqual(["A", "H", "P", "Z", "AA", "AF"]);
});

test("a plate is as large as it says, or as its wells reach", () => {
  const wells = [{ id: 1, row: 2, column: 5, well_samples: [{ id: 2, image_id: 8, field_index: 1 }, { id: 1, image_id: 7, field_index: 0 }] } as Well];
  expect(layOut(wells, 8, 12)).toMatchObject({ rows: 8, columns: 12 });
  const layout = layOut(wells);
  expect(layout).toMatchObject({ rows: 3, columns: 6 });
  expect(imageOf(layout.at.get("2/5"), 1)).toBe(8);
  expect(imageOf(layout.at.get("2/5"), 2)).toBeNull();
  expect(imageOf(layout.at.get("0/0"), 0)).toBeNull();
});
