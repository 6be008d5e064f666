import { queryOptions } from "@tanstack/react-query";
import { http } from "../api/http";
import type { Grant, Page } from "../api/types";

/** What one shared and published: all of it, or of one object. */
export const grantsQuery = (object?: string) =>
  queryOptions({ queryKey: ["grants", object ?? null], queryFn: () => http.get<Page<Grant>>("/grants", { object }) });

export interface Terms {
  audience: "link" | "public"; name: string; password: string; days: string; opens: string; may_annotate: boolean; is_blind: boolean; keys: string; reason: string;
}
export const FIRST_TERMS: Terms = {
  audience: "link", name: "", password: "", days: "30", opens: "", may_annotate: false, is_blind: false, keys: "", reason: "",
};

/** The request that a filled form stands for; what does not go with the audience is left out. */
export function requestOf(object: string, terms: Terms, now: number): Record<string, unknown> {
  const isLink = terms.audience === "link";
  const isBlind = isLink && terms.is_blind;
  return {
    object, audience: terms.audience, name: terms.name.trim(), reason: terms.reason.trim() || null,
    password: isLink && terms.password ? terms.password : null,
    expires_at: isLink && terms.days ? new Date(now + Number(terms.days) * 86_400_000).toISOString() : null,
    opens_at: !isLink && terms.opens ? new Date(`${terms.opens}T00:00:00`).toISOString() : null,
    is_blind: isBlind, may_annotate: isLink && !isBlind && terms.may_annotate,
    shown_keys: isBlind ? terms.keys.split(",").map((key) => key.trim()).filter(Boolean) : [],
  };
}

/** How a grant stands, in a word. */
export function stateOf(grant: Grant, now: number): string {
  if (grant.revoked_at) return "withdrawn";
  if (grant.is_open) return "open";
  return grant.opens_at && Date.parse(grant.opens_at) > now ? "waiting" : "ended";
}
export function termsOf(grant: Grant): string {
  const words = [grant.audience === "public" ? "public" : "link", grant.is_blind && "blind", grant.may_annotate && "may annotate", grant.has_password && "password"];
  return words.filter(Boolean).join(", ");
}

/** The first day until which there can be an embargo, as a date field has it. */
export function tomorrow(): string {
  const day = new Date();
  day.setDate(day.getDate() + 1);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
}
