import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { containerQuery } from "../api/objects";
import type { ObjectRef } from "../api/types";
import type { TreeNode } from "./nodes";
import { openNodes, toggleNode } from "./openNodes";

/** Opens the containers of the place one has come to, unless one of them is open already. */
export function useRevealing(place: ObjectRef | null): void {
  const type = place?.type === "dataset" || place?.type === "plate" ? place.type : null;
  const parents = useQuery({ ...containerQuery(type ?? "dataset", place?.id ?? 0), enabled: type !== null }).data?.containers;
  useEffect(() => {
    const keys = (parents ?? []).map((parent) => `${parent.type}:${parent.id}`);
    if (keys.length && !keys.some((key) => openNodes.get().has(key))) toggleNode(keys[0]!, true);
  }, [parents]);
}

/** Scrolls to the row of the place one has come to, and to where it goes when it gets another name; else the tree stays where it was put. */
export function useScrollingTo(rows: TreeNode[], pathname: string, isComplete: boolean, scrollTo: (index: number) => void): void {
  const shown = useRef<string | null>(null);
  const index = rows.findIndex((row) => row.path === pathname);
  const reached = index < 0 ? null : `${pathname} ${rows[index]!.name}`;
  useEffect(() => {
    if (!isComplete || shown.current === reached) return;
    shown.current = reached;
    if (index >= 0) scrollTo(index);
  });
}
