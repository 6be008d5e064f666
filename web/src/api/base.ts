/** Below a share link (/s/KEY) or what is published (/public), every address of the server begins with that. */
export const BASE = /^\/(?:s\/[\w-]{20,64}|public)(?=\/|$)/.exec(globalThis.location?.pathname ?? "")?.[0] ?? "";

/** Where one is, without that beginning. */
export const placeOf = (pathname: string): string => pathname.slice(BASE.length) || "/";
