import { expect, test } from "vitest";
import { afterKey } from "./early";

const press = (keys: string[]) => keys.reduce<string | null>(afterKey, null);

test("only what follows a slash is kept", () => {
  expect(press(["a", "b"])).toBeNull();
  expect(press(["/"])).toBe("");
  expect(press(["x", "/", "c", "e", "Shift", "k", "Backspace", "l", "l"])).toBe("cell");
  expect(press(["/", "a", "Escape"])).toBeNull();
});
