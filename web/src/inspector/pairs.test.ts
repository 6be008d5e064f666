import { expect, test } from "vitest";
import { cleanPairs, movePair, type Pair } from "./pairs";

test("key-value pairs keep their order and their repetitions", () => {
  const pairs: Pair[] = [["a", "1"], ["b", "2"], ["a", "3"]];
  expect(movePair(pairs, 2, 0)).toEqual([["a", "3"], ["a", "1"], ["b", "2"]]);
  expect(movePair(pairs, 0, 3)).toEqual(pairs);
  expect(cleanPairs([[" a ", " 1"], ["", "lost"], ["a", ""]])).toEqual([["a", "1"], ["a", ""]]);
});
