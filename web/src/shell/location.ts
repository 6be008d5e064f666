import { useLocation, useParams } from "@tanstack/react-router";
import type { ContainerType, ObjectRef } from "../api/types";

/** The container an address is about: /datasets/3 -> dataset 3. */
export function containerOfPath(path: string): (ObjectRef & { type: ContainerType }) | null {
  const match = /^\/(project|dataset|screen|plate)s\/(\d+)/.exec(path);
  return match ? { type: match[1] as ContainerType, id: Number(match[2]) } : null;
}

export function useContainer() {
  return containerOfPath(useLocation().pathname);
}

/** The number in the address: 12 of /images/12. */
export function useRouteId(): number {
  const { id }: { id?: string } = useParams({ strict: false });
  return Number(id);
}

export const pageOf = (ref: ObjectRef): string => `/${ref.type}s/${ref.id}`;
