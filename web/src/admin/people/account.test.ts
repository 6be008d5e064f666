import { expect, test } from "vitest";
import type { Account } from "../data";
import { changesOf, draftOf, faultOfEmail, faultOfOrcid, makePassword, plainOrcid } from "./account";

const ada: Account = {
  id: 2, version: 1, ome_name: "ada", first_name: "Ada", middle_name: null, last_name: "Lovelace", email: null, institution: null, orcid: null,
  is_active: true, is_admin: false, privileges: null, default_group_id: null,
};

test("an account that was not touched has no changes", () => {
  expect(changesOf(ada, draftOf(ada))).toEqual({});
  const admin = { ...ada, is_admin: true, privileges: ["Sudo", "Chown"] };
  expect(changesOf(admin, draftOf(admin))).toEqual({});
});

test("only what differs is sent, and an emptied text is none", () => {
  const mailed = { ...ada, email: "ada@example.org" };
  expect(changesOf(mailed, { ...draftOf(mailed), email: " ", first_name: "Ada " })).toEqual({ email: null });
});

test("rights are sent as the server keeps them", () => {
  expect(changesOf(ada, { ...draftOf(ada), rights: "all" })).toEqual({ is_admin: true });
  expect(changesOf(ada, { ...draftOf(ada), rights: "some", privileges: ["Sudo", "Chown"] })).toEqual({ is_admin: true, privileges: ["Chown", "Sudo"] });
  const admin = { ...ada, is_admin: true, privileges: ["Sudo"] };
  expect(changesOf(admin, { ...draftOf(admin), rights: "none" })).toEqual({ is_admin: false, privileges: null });
});

test("an ORCID is taken from its address and checked by its last character", () => {
  expect(plainOrcid(" https://orcid.org/0000-0002-1825-0097/ ")).toBe("0000-0002-1825-0097");
  expect(faultOfOrcid("")).toBeNull();
  expect(faultOfOrcid("0000-0002-1825-0097")).toBeNull();
  expect(faultOfOrcid("https://orcid.org/0000-0002-1694-233x")).toBeNull();
  expect(faultOfOrcid("0000-0002-1825-0098")).toMatch(/mistyped/);
  expect(faultOfOrcid("0002-1825-0097")).toMatch(/looks like/);
});

test("an e-mail address has one @", () => {
  expect(faultOfEmail("")).toBeNull();
  expect(faultOfEmail("ada@lab.example")).toBeNull();
  expect(faultOfEmail("ada at lab")).not.toBeNull();
});

test("a password made here takes no byte that would favour some letters", () => {
  const made = makePassword((count) => new Uint8Array(count).map((_, index) => (index % 2 ? 255 : index)));
  expect(made).toHaveLength(16);
  expect(new Set(made).size).toBe(16);
});
