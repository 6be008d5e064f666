import { expect, test } from "vitest";
import { counted } from "./graph";

test("counts are told in words, the largest things first", () => {
  expect(counted({ roi: 2, image: 1, project: 1, original_file: 3 })).toBe("1 project, 1 image, 2 regions of interest, 3 files");
  expect(counted({})).toBe("");
});
