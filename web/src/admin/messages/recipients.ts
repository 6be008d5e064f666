import type { Account } from "../data";

export type Whom = "all" | "groups" | "people";
export interface Recipients { with: Account[]; without: Account[] }

/** Who gets a mail, once each, and who would but has no address. Those who are switched off get none. */
export function recipientsOf(people: Account[], membersOf: (groupId: number) => number[], whom: Whom, ids: number[]): Recipients {
  const chosen = new Set(whom === "groups" ? ids.flatMap(membersOf) : ids);
  const found = people.filter((person) => person.is_active && (whom === "all" || chosen.has(person.id)));
  return { with: found.filter((person) => person.email), without: found.filter((person) => !person.email) };
}

export function tellRecipients(recipients: Recipients): string {
  const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`;
  const told = count(recipients.with.length, "person", "people");
  return recipients.without.length ? `${told}; ${count(recipients.without.length, "more has", "more have")} no address.` : `${told}.`;
}
