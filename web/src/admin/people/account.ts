import type { Account } from "../data";

export type Rights = "none" | "all" | "some";
/** An account while it is being edited: texts are never missing. */
export interface AccountDraft {
  ome_name: string; first_name: string; middle_name: string; last_name: string; email: string; institution: string; orcid: string;
  is_active: boolean; rights: Rights; privileges: string[]; default_group_id: number | null;
}

export function draftOf(account: Account): AccountDraft {
  const { ome_name, is_active, default_group_id } = account;
  return {
    ome_name, is_active, default_group_id, first_name: account.first_name ?? "", middle_name: account.middle_name ?? "", last_name: account.last_name ?? "",
    email: account.email ?? "", institution: account.institution ?? "", orcid: account.orcid ?? "",
    rights: account.is_admin ? (account.privileges ? "some" : "all") : "none", privileges: account.privileges ?? [],
  };
}

const OPTIONAL = ["middle_name", "email", "institution", "orcid"] as const;

/** What a draft says about the account, as the server takes it: an optional text that is empty is none. */
export function fieldsOf(draft: AccountDraft): Omit<Account, "id" | "version"> {
  const { rights, privileges, ...rest } = draft;
  const fields = { ...rest, is_admin: rights !== "none", privileges: rights === "some" ? [...privileges].sort() : null };
  const none = Object.fromEntries(OPTIONAL.map((name) => [name, name === "orcid" ? plainOrcid(draft.orcid) || null : draft[name].trim() || null]));
  return { ...fields, first_name: draft.first_name.trim(), last_name: draft.last_name.trim(), ome_name: draft.ome_name.trim(), ...none };
}

/** Only the fields that differ from the account. */
export function changesOf(account: Account, draft: AccountDraft): Partial<Account> {
  const [before, after] = [fieldsOf(draftOf(account)), fieldsOf(draft)];
  const names = (Object.keys(after) as (keyof typeof after)[]).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return Object.fromEntries(names.map((name) => [name, after[name]]));
}

/** An ORCID without the address it is often copied with. */
export const plainOrcid = (text: string): string => text.trim().replace(/^https?:\/\/(www\.)?orcid\.org\//i, "").replace(/\/$/, "").toUpperCase();

/** What is wrong with an ORCID, by its form and its check digit (ISO 7064, MOD 11-2); nothing when it is right or empty. */
export function faultOfOrcid(text: string): string | null {
  const orcid = plainOrcid(text);
  if (!orcid) return null;
  if (!/^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$/.test(orcid)) return "An ORCID looks like 0000-0002-1825-0097.";
  const digits = orcid.replace(/-/g, "");
  const total = [...digits.slice(0, 15)].reduce((sum, digit) => (sum + Number(digit)) * 2, 0);
  const check = (12 - (total % 11)) % 11;
  return (check === 10 ? "X" : String(check)) === digits[15] ? null : "Its last character does not fit the others; one of them is mistyped.";
}

export function faultOfEmail(text: string): string | null {
  return !text.trim() || /^[^\s@]+@[^\s@]+$/.test(text.trim()) ? null : "An e-mail address has one @ and no spaces.";
}

/** A password of 16 characters that are not mistaken for each other. */
export function makePassword(random: (count: number) => Uint8Array = (count) => crypto.getRandomValues(new Uint8Array(count))): string {
  const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  let made = "";
  while (made.length < 16) {
    // What would make some letters likelier than others is thrown away.
    for (const byte of random(32)) if (byte < 256 - (256 % letters.length) && made.length < 16) made += letters[byte % letters.length];
  }
  return made;
}
