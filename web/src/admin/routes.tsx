import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { parseTableSearch } from "./useTableUrl";

const importRooms = () => import("./rooms");

/** The console's addresses; its code is fetched when one of them is opened. */
export function adminRoutes(root: AnyRoute): AnyRoute {
  const admin = createRoute({ getParentRoute: () => root, path: "/admin", component: lazyRouteComponent(importRooms, "AdminFrame") });
  const page = (path: string, name: Exclude<keyof Awaited<ReturnType<typeof importRooms>>, "AdminFrame">) =>
    createRoute({ getParentRoute: () => admin, path, validateSearch: parseTableSearch, component: lazyRouteComponent(importRooms, name) });
  return admin.addChildren([
    page("/", "AdminStart"),
    page("/people", "PeopleRoom"),
    page("/people/$id", "PersonRoom"),
    page("/groups", "GroupsRoom"),
    page("/groups/$id", "GroupRoom"),
    page("/jobs", "JobsRoom"),
    page("/disk", "DiskRoom"),
    page("/custody", "CustodyRoom"),
    page("/messages", "MessagesRoom"),
    page("/places", "PlacesRoom"),
    page("/classrooms", "ClassroomsRoom"),
    page("/settings", "SystemRoom"),
    page("/logs", "LogsRoom"),
  ]);
}
