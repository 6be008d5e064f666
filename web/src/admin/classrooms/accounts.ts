export interface NewAccount { id: number; username: string; password: string }

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

/** The accounts of a new class room as a table to print. */
export const accountsAsCsv = (accounts: NewAccount[]): string =>
  ["username,password", ...accounts.map(({ username, password }) => `${quoted(username)},${quoted(password)}`)].join("\n") + "\n";
