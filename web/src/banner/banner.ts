import { queryOptions } from "@tanstack/react-query";
import { http } from "../api/http";

export type BannerLevel = "info" | "warning" | "error";
export interface Banner { text: string; level: BannerLevel; ends_at: string | null; set_at: string | null }

/** The message for everyone, asked for each minute; it is open to those who have not signed in. */
export const bannerQuery = queryOptions({
  queryKey: ["banner"],
  queryFn: () => http.get<Banner>("/banner"),
  staleTime: 30_000,
  refetchInterval: 60_000,
});

/** Whether a banner is shown: it says something, has not ended, and is not the one that was put away. */
export function isShown(banner: Banner | undefined, putAway: string | null, now: number): banner is Banner {
  if (!banner?.text || banner.set_at === putAway) return false;
  return banner.ends_at === null || Date.parse(banner.ends_at) > now;
}
