import { expect, test } from "vitest";
import { containerOfPath } from "./location";

test("the container of an address is found", () => {
  expect(containerOfPath("/datasets/3")).toEqual({ type: "dataset", id: 3 });
  expect(containerOfPath("/images/3")).toBeNull();
  expect(containerOfPath("/")).toBeNull();
});
