import { expect, test } from "vitest";
import type { Grant } from "../api/types";
import { FIRST_TERMS, requestOf, stateOf, termsOf } from "./grants";

const NOW = Date.parse("2026-06-01T00:00:00Z");

test("a publication has neither password nor end, whatever was filled in before", () => {
  const sent = requestOf("dataset:3", { ...FIRST_TERMS, audience: "public", password: "secret", may_annotate: true, is_blind: true, keys: "a" }, NOW);
  expect(sent).toMatchObject({ password: null, expires_at: null, may_annotate: false, is_blind: false, shown_keys: [] });
});

test("a blind link shows the keys that were named, and is not annotated", () => {
  const sent = requestOf("dataset:3", { ...FIRST_TERMS, is_blind: true, may_annotate: true, keys: "treatment, dose ,," }, NOW);
  expect(sent).toMatchObject({ is_blind: true, may_annotate: false, shown_keys: ["treatment", "dose"], expires_at: "2026-07-01T00:00:00.000Z" });
});

test("a grant waits until its embargo ends", () => {
  const grant = { is_open: false, revoked_at: null, opens_at: "2027-01-01T00:00:00Z", audience: "public", has_password: false } as Grant;
  expect(stateOf(grant, NOW)).toBe("waiting");
  expect(stateOf({ ...grant, opens_at: null }, NOW)).toBe("ended");
  expect(stateOf({ ...grant, revoked_at: "2026-01-01T00:00:00Z" }, NOW)).toBe("withdrawn");
  expect(termsOf(grant)).toBe("public");
});
