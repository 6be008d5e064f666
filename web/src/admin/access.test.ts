import { expect, test } from "vitest";
import type { Session } from "../api/types";
import { may, roleOf, roomsOf } from "./access";

const session = (user: Partial<Session["user"]>, isOwner = false): Session => ({
  user: { id: 1, username: "ada", first_name: "", last_name: "", ...user }, group_id: 1, csrf_token: "", sudo_experimenter_id: null, groups: [{ id: 1, name: "lab", level: "private", is_owner: isOwner }],
});
const names = (one: Session | null) => roomsOf(one).map((room) => room.name);

test("a member has no room, the owner of a group has the groups", () => {
  expect(names(null)).toEqual([]);
  expect(names(session({}))).toEqual([]);
  expect(names(session({}, true))).toEqual(["groups"]);
});

test("an administrator without a list has every room, one with a list those of the privileges", () => {
  expect(names(session({ is_admin: true, privileges: null }))).toHaveLength(10);
  expect(names(session({ is_admin: true, privileges: [] }))).toEqual(["people", "groups", "jobs", "disk", "custody", "settings"]);
  expect(names(session({ is_admin: true, privileges: ["ModifyUser", "ReadSession"] }))).toContain("logs");
  expect(names(session({ is_admin: true, privileges: ["ModifyUser", "ReadSession"] }))).not.toContain("classrooms");
});

test("privileges of somebody who is no administrator count for nothing", () => {
  expect(may(session({ privileges: ["Sudo"] }), "Sudo")).toBe(false);
  expect(may(session({ is_admin: true, privileges: ["Sudo"] }), "Sudo")).toBe(true);
  expect(may(session({ is_admin: true, privileges: ["Sudo"] }), "ModifyUser")).toBe(false);
});

test("a role says how much an administrator may do", () => {
  expect(roleOf({ is_admin: false })).toBe("");
  expect(roleOf({ is_admin: true, privileges: null })).toBe("Administrator");
  expect(roleOf({ is_admin: true, privileges: ["Sudo", "Chown"] })).toBe("Administrator (2)");
  expect(roleOf({ is_admin: true, privileges: [] })).toBe("Sees everything");
});
