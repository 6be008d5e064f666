import { BASE } from "./base";

/** One door to the server: adds the CSRF header, turns problem documents into errors. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly type = "",
    readonly field: string | null = null,
  ) {
    super(detail);
  }
}

let csrfToken = "";
export function rememberCsrfToken(token: string): void {
  csrfToken = token;
}
export function csrfHeader(): Record<string, string> {
  return csrfToken ? { "X-CSRF-Token": csrfToken } : {};
}

let isBlind = false;
/** A blind review has no names to sort by. */
export function rememberBlindness(blind: boolean): void {
  isBlind = blind;
}

export const API = `${BASE}/api/v1`;
export type Query = Record<string, string | number | boolean | null | undefined>;
export interface RequestOptions { query?: Query; body?: unknown; ifMatch?: number; reason?: string; signal?: AbortSignal }

export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && !(isBlind && name === "sort")) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

export async function problemOf(response: Response): Promise<ProblemError> {
  try {
    const problem = (await response.json()) as { detail?: unknown; title?: string; type?: string; field?: string };
    const detail = typeof problem.detail === "string" ? problem.detail : problem.title;
    return new ProblemError(response.status, detail ?? response.statusText, problem.type, problem.field ?? null);
  } catch {
    return new ProblemError(response.status, `The server answered ${response.status} ${response.statusText}.`);
  }
}

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") Object.assign(headers, csrfHeader());
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.ifMatch !== undefined) headers["If-Match"] = `"${options.ifMatch}"`;
  if (options.reason) headers["X-Reason"] = encodeURIComponent(options.reason);
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  try {
    return await fetch(withQuery(API + path, options.query), { method, headers, body, signal: options.signal, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError(0, "The server does not answer. Check the connection and try again.");
  }
}

async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const http = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { query, signal }),
  post: <T>(path: string, body?: unknown, reason?: string) => request<T>("POST", path, { body, reason }),
  put: <T>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  patch: <T>(path: string, body: unknown, ifMatch?: number) => request<T>("PATCH", path, { body, ifMatch }),
  delete: (path: string, ifMatch?: number) => request<void>("DELETE", path, { ifMatch }),
};
