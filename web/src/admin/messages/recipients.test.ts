import { expect, test } from "vitest";
import type { Account } from "../data";
import { recipientsOf, tellRecipients } from "./recipients";

const person = (id: number, email: string | null, isActive = true) => ({ id, email, is_active: isActive }) as Account;
const people = [person(1, "a@x.example"), person(2, null), person(3, "c@x.example", false), person(4, "d@x.example")];
const members: Record<number, number[]> = { 7: [1, 2], 8: [1, 3] };
const ids = (found: Account[]) => found.map((one) => one.id);

test("members of several groups get one mail, those switched off none", () => {
  const found = recipientsOf(people, (id) => members[id] ?? [], "groups", [7, 8]);
  expect([ids(found.with), ids(found.without)]).toEqual([[1], [2]]);
  expect(tellRecipients(found)).toBe("1 person; 1 more has no address.");
});

test("everyone is everyone who is active", () => {
  const found = recipientsOf(people, () => [], "all", []);
  expect([ids(found.with), ids(found.without)]).toEqual([[1, 4], [2]]);
});
