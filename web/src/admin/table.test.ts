import { expect, test } from "vitest";
import { type Column, nextSort, searchRows, sortRows } from "./table";

interface Row { name: string; count: number | null }
const columns: Column<Row>[] = [{ key: "name", label: "Name", value: (row) => row.name }, { key: "count", label: "Count", value: (row) => row.count, isSearched: false }];
const rows: Row[] = [{ name: "Group 10", count: 3 }, { name: "group 9", count: null }, { name: "Émilie Müller", count: 20 }];
const names = (found: Row[]) => found.map((row) => row.name);

test("names are sorted as people count, without regard to case and accents", () => {
  expect(names(sortRows(rows, columns, "name"))).toEqual(["Émilie Müller", "group 9", "Group 10"]);
  expect(names(sortRows(rows, columns, "-name"))).toEqual(["Group 10", "group 9", "Émilie Müller"]);
});

test("what is missing comes last both ways", () => {
  expect(names(sortRows(rows, columns, "count"))).toEqual(["Group 10", "Émilie Müller", "group 9"]);
  expect(names(sortRows(rows, columns, "-count"))).toEqual(["Émilie Müller", "Group 10", "group 9"]);
});

test("a sort by a column that does not exist changes nothing", () => {
  expect(sortRows(rows, columns, "size")).toEqual(rows);
});

test("every word must stand in a row, with or without accents, in a column that is searched", () => {
  expect(names(searchRows(rows, columns, "MULLER emi"))).toEqual(["Émilie Müller"]);
  expect(names(searchRows(rows, columns, "group 1"))).toEqual(["Group 10"]);
  expect(searchRows(rows, columns, "20")).toEqual([]);
  expect(searchRows(rows, columns, "  ")).toEqual(rows);
});

test("a second click on a head turns the sort round, a third one back", () => {
  expect(nextSort("name", "count")).toBe("count");
  expect(nextSort("count", "count")).toBe("-count");
  expect(nextSort("-count", "count")).toBe("count");
});
