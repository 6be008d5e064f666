import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { http, ProblemError, rememberBlindness, rememberCsrfToken } from "./http";
import type { Session, Sources } from "./types";

function keep(session: Session): Session {
  rememberCsrfToken(session.csrf_token);
  rememberBlindness(session.visit?.is_blind ?? false);
  return session;
}

/** The session, or null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Session | null> => {
    try {
      return keep(await http.get<Session>("/session"));
    } catch (error) {
      if (error instanceof ProblemError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

/** How one may sign in here; asked before anybody is. */
export const sourcesQuery = queryOptions({ queryKey: ["session", "sources"], queryFn: () => http.get<Sources>("/session/sources"), staleTime: Infinity });

/** Whether somebody may work as somebody else. */
export const maySudo = ({ user, sudo_experimenter_id }: Session): boolean =>
  !!user.is_admin && sudo_experimenter_id === null && (!user.privileges || user.privileges.includes("Sudo"));

/** Become somebody else, or oneself again; the application starts anew, so that nothing of one person is left for the other. */
export async function workAs(username: string): Promise<void> {
  await http.post("/session/sudo", { username });
  window.location.assign("/");
}
export async function workAsOneself(): Promise<void> {
  await http.delete("/session");
  window.location.assign("/");
}

export function useSession(): Session | null {
  return useQuery(sessionQuery).data ?? null;
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (credentials: { username: string; password: string }) => http.post<Session>("/session", credentials),
    onSuccess: (session) => client.setQueryData(sessionQuery.queryKey, keep(session)),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => http.delete("/session"),
    onSuccess: () => {
      client.setQueryData(sessionQuery.queryKey, null);
      // Nothing of one person may be left for the next.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    },
  });
}

export function useSwitchGroup() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (groupId: number) => http.patch<Session>("/session", { group_id: groupId }),
    onSuccess: async (session) => {
      client.setQueryData(sessionQuery.queryKey, keep(session));
      await client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    },
  });
}
