import { queryOptions } from "@tanstack/react-query";
import type { Scope } from "../scope/scope";
import { http } from "./http";
import type { ObjectType, Page } from "./types";

export interface Tag { id: number; name: string; description?: string | null; owner_id: number; group_id: number; count: number; counts: Record<string, number> }
export interface TagSet extends Omit<Tag, "count" | "counts"> { tags: Tag[] }
export interface TagTree { sets: TagSet[]; tags: Tag[] }

/** The classes whose pages one can go to, in the order of the tree. */
export const SHOWN: ObjectType[] = ["project", "dataset", "screen", "plate", "image"];

export const tagsQuery = ({ group, owner }: Scope) =>
  queryOptions({ queryKey: ["tags", group, owner], queryFn: () => http.get<TagTree>("/tags", { group, owner }) });

/** Objects of a class that carry a tag, the first ones. */
export const carriersQuery = (tag: number, type: ObjectType, limit: number) =>
  queryOptions({
    queryKey: ["tags", "carriers", tag, type, limit],
    queryFn: async () => (await http.get<Page<{ id: number; name: string }>>(`/${type}s`, { annotation: tag, limit, sort: "name", fields: "id,name" })).items,
  });
