/** Edits of an ordered list of key-value pairs, in which keys may repeat. */
export type Pair = [string, string];

export function movePair(pairs: readonly Pair[], from: number, to: number): Pair[] {
  const rest = pairs.filter((_, index) => index !== from);
  const moved = pairs[from];
  if (!moved || to < 0 || to >= pairs.length) return [...pairs];
  rest.splice(to, 0, moved);
  return rest;
}

export const removePair = (pairs: readonly Pair[], at: number): Pair[] => pairs.filter((_, index) => index !== at);

export function setPair(pairs: readonly Pair[], at: number, pair: Pair): Pair[] {
  return pairs.map((old, index) => (index === at ? pair : old));
}

/** What is worth saving: no spaces around, no rows without a key. */
export function cleanPairs(pairs: readonly Pair[]): Pair[] {
  return pairs.map(([key, value]): Pair => [key.trim(), value.trim()]).filter(([key]) => key !== "");
}

export const arePairsEqual = (one: readonly Pair[], other: readonly Pair[]): boolean => JSON.stringify(one) === JSON.stringify(other);
