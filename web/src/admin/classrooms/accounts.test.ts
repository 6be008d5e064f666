import { expect, test } from "vitest";
import { accountsAsCsv } from "./accounts";

test("names with commas and quotes stay one cell", () => {
  expect(accountsAsCsv([{ id: 1, username: 'a,"b"-01', password: "abc-def" }])).toBe('username,password\n"a,""b""-01",abc-def\n');
});
