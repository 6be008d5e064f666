import "@mantine/core/styles.css";
import "./styles.css";
import { MantineProvider } from "@mantine/core";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ProblemError } from "./api/http";
import { sessionQuery } from "./api/session";
import { makeRouter } from "./router";
import { theme } from "./theme";
import { listenEarly } from "./search/early";
import { forcedScheme } from "./ui/scheme";
import { useStore } from "./ui/store";

listenEarly();

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // A refusal stays a refusal; only a lost connection is worth asking again.
      retry: (count, error) => count < 2 && error instanceof ProblemError && (error.status === 0 || error.status >= 502),
    },
  },
  queryCache: new QueryCache({
    onError: (error) => {
      // The session ended elsewhere: show the sign-in page instead of a page of errors.
      if (error instanceof ProblemError && error.status === 401) client.setQueryData(sessionQuery.queryKey, null);
    },
  }),
});
const router = makeRouter(client);

function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" forceColorScheme={useStore(forcedScheme)}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
