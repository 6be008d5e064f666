import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { http, ProblemError, rememberCsrfToken } from "./http";
import type { Session } from "./types";

function keep(session: Session): Session {
  rememberCsrfToken(session.csrf_token);
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

/** Works as somebody else from now on; the page is loaded anew, so that nothing of the one is left for the other. */
export function useActAs() {
  return async (username: string) => {
    await http.post<Session>("/session/sudo", { username });
    window.location.assign("/");
  };
}

/** Ends working as somebody else; the server leads back to one's own session where that still lasts. */
export function useStopActing() {
  return async () => {
    await http.delete("/session");
    window.location.assign("/");
  };
}
