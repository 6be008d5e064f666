import { isTyping } from "../ui/keys";

/** Keys pressed before there is a search box, while the page is being loaded: "/" and what was typed after it. */
const PATIENCE_MS = 10_000;
let typed: string | null = null;

/** The text after one more key: null until "/" was pressed, and again after Escape. */
export function afterKey(before: string | null, key: string): string | null {
  if (before === null) return key === "/" ? "" : null;
  if (key === "Escape") return null;
  if (key === "Backspace") return before.slice(0, -1);
  return key.length === 1 ? before + key : before;
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  const after = afterKey(typed, event.key);
  if (after !== typed) event.preventDefault();
  typed = after;
}

export function listenEarly(): void {
  window.addEventListener("keydown", onKey);
  setTimeout(takeEarly, PATIENCE_MS);
}

/** What was typed, once: from then on the search box listens itself. */
export function takeEarly(): string | null {
  window.removeEventListener("keydown", onKey);
  const found = typed;
  typed = null;
  return found;
}
