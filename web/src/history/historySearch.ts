/** What the address of the history page says. */
export interface HistorySearch { year?: string; day?: string; by?: string; kind?: string; reason?: string }

export function parseHistorySearch(raw: Record<string, unknown>): HistorySearch {
  const text = (name: string, pattern: RegExp) => (typeof raw[name] === "string" && pattern.test(raw[name]) ? raw[name] : undefined);
  return { year: text("year", /^\d{4}$/), day: text("day", /^\d{4}-\d\d-\d\d$/), by: text("by", /./), kind: text("kind", /^\w+$/), reason: text("reason", /./) };
}
