import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { containerQuery } from "../api/objects";
import type { ObjectRef } from "../api/types";
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
