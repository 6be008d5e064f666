import { expect, test } from "vitest";
import { countProblems, type Custody, tellLast, tellTally, type Verification } from "./custody";

const tally = { total: 1300, bytes: 4_200_000, checked: 1200, problems: {}, oldest_check: null };
const last: Verification = { id: 1, state: "done", progress: 1, message: "Done", created_at: "2026-05-04T02:00:00Z", finished_at: null, result: null };

test("a tally says how much of what there is was verified", () => {
  expect(tellTally({ ...tally, total: 0 })).toBe("none");
  expect(tellTally(tally)).toBe("1,200 of 1,300 verified, 4.2 MB in all");
  expect(tellTally({ ...tally, oldest_check: "2026-05-04T02:00:00Z" })).toContain("the oldest check is of");
});

test("pyramids that were rebuilt need nobody", () => {
  const custody = { originals: { ...tally, problems: { missing: 2, drifted: 1 } }, pyramids: { ...tally, problems: { rebuilt: 4, unreadable: 1 } } };
  expect(countProblems(custody as unknown as Custody)).toBe(4);
});

test("the last verification says how far it is, and then what it found", () => {
  expect(tellLast(null)).toBe("Nothing was verified yet.");
  expect(tellLast({ ...last, state: "running", progress: 0.42, message: "Reading a.czi" })).toBe("42 %: Reading a.czi");
  const result = { originals: 3, pyramids: 1, bytes: 10, problems: { missing: 1, changed: 2 }, is_finished: false };
  expect(tellLast({ ...last, result })).toMatch(/3 originals and 1 pyramids, 10 B, 3 with problems; the rest is for other nights$/);
  expect(tellLast({ ...last, state: "failed" })).toMatch(/^Failed on/);
});
