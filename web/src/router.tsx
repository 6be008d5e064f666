import type { QueryClient } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { adminRoutes } from "./admin/routes";
import { BASE } from "./api/base";
import { imageQuery } from "./api/objects";
import { renderingQuery } from "./api/rendering";
import { AppFrame } from "./shell/AppFrame";
import { parseHistorySearch } from "./history/historySearch";
import { NotFoundPage } from "./pages/NotFoundPage";
import { ContainerPage } from "./pages/ContainerPage";
import { HomePage, OrphanedPage } from "./pages/HomePage";
import { PlatePage } from "./pages/PlatePage";
import { SearchPage } from "./pages/SearchPage";
import { TagPage } from "./tags/TagPage";
import { Workspace } from "./shell/Workspace";
import { parseViewSearch } from "./viewer/viewUrl";

const importViewer = () => import("./viewer/ViewerPage");
const warmUp = () => void importViewer().then((viewer) => viewer.warmUpCodecs());

export function makeRouter(client: QueryClient) {
  const root = createRootRoute({ component: AppFrame, notFoundComponent: NotFoundPage });
  const workspace = createRoute({ getParentRoute: () => root, id: "workspace", component: Workspace });
  const home = createRoute({ getParentRoute: () => workspace, path: "/", component: HomePage });
  const orphaned = createRoute({ getParentRoute: () => workspace, path: "/orphaned", component: OrphanedPage });
  const container = (type: "project" | "dataset" | "screen") =>
    createRoute({
      getParentRoute: () => workspace,
      path: `/${type}s/$id`,
      component: () => <ContainerPage key={type} type={type} />,
    });
  const plate = createRoute({ getParentRoute: () => workspace, path: "/plates/$id", component: PlatePage });
  const tag = createRoute({ getParentRoute: () => workspace, path: "/tags/$id", component: TagPage });
  const search = createRoute({
    getParentRoute: () => workspace,
    path: "/search",
    validateSearch: (raw: Record<string, unknown>) => ({ q: textOf(raw.q) }),
    component: SearchPage,
  });
  const jobs = createRoute({
    getParentRoute: () => root,
    path: "/jobs",
    component: lazyRouteComponent(() => import("./jobs/JobsPage"), "JobsPage"),
  });
  const tokens = createRoute({
    getParentRoute: () => root,
    path: "/settings/tokens",
    component: lazyRouteComponent(() => import("./tokens/TokensPage"), "TokensPage"),
  });
  const shares = createRoute({
    getParentRoute: () => root,
    path: "/settings/shares",
    component: lazyRouteComponent(() => import("./sharing/SharesPage"), "SharesPage"),
  });
  const account = createRoute({
    getParentRoute: () => root,
    path: "/settings/account",
    component: lazyRouteComponent(() => import("./session/AccountPage"), "AccountPage"),
  });
  const reset = createRoute({ getParentRoute: () => root, path: "/reset-password" });
  const bin = createRoute({
    getParentRoute: () => root,
    path: "/settings/bin",
    component: lazyRouteComponent(() => import("./bin/BinPage"), "BinPage"),
  });
  const history = createRoute({
    getParentRoute: () => root,
    path: "/history",
    validateSearch: parseHistorySearch,
    component: lazyRouteComponent(() => import("./history/HistoryPage"), "HistoryPage"),
  });
  const image = createRoute({
    getParentRoute: () => root,
    path: "/images/$id",
    validateSearch: parseViewSearch,
    loader: ({ params }) => {
      // Started here, so that metadata and the viewer's code travel at the same time.
      void client.prefetchQuery(imageQuery(Number(params.id)));
      void client.prefetchQuery(renderingQuery(Number(params.id)));
    },
    component: lazyRouteComponent(importViewer, "ViewerPage"),
  });
  const tree = root.addChildren([
    workspace.addChildren([home, orphaned, container("project"), container("dataset"), container("screen"), plate, tag, search]),
    jobs,
    tokens,
    shares,
    account,
    reset,
    bin,
    history,
    adminRoutes(root),
    image,
  ]);
  // The viewer's chunk is fetched when the first page is idle: a click on an image then waits for pixels only.
  if ("requestIdleCallback" in window) window.requestIdleCallback(warmUp);
  else setTimeout(warmUp, 500);
  return createRouter({
    routeTree: tree,
    basepath: BASE || "/",
    defaultPreload: false,
    defaultPendingMs: 300,
    // Plain strings in the address, so that people can read and write it: ?z=3&c=1|0:255$FF0000
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch,
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function stringifySearch(search: Record<string, unknown>): string {
  const parts = Object.entries(search)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value as string | number)).replace(/%(7C|3A|24|2C|2F)/g, decodeURIComponent)}`);
  return parts.length ? `?${parts.join("&")}` : "";
}
