import type { ContainerType, Tree, TreeItem } from "../api/types";
import type { IconName } from "../ui/icons";

export interface TreeNode {
  key: string;
  depth: number;
  name: string;
  icon: IconName;
  path: string;
  count?: number;
  /** The container it stands for; none for the images in nothing. */
  ref?: { type: ContainerType; id: number };
  parent?: string;
  isOpen?: boolean;
  note?: "loading" | "empty";
}

export type ChildrenOf = (type: "project" | "screen", id: number) => TreeItem[] | undefined;

const nodeKey = (type: string, id: number, parent?: string) => `${parent ? `${parent}/` : ""}${type}:${id}`;

/** The rows of the tree as they stand under each other, open containers with what they hold. */
export function flatten(tree: Tree, open: ReadonlySet<string>, childrenOf: ChildrenOf): TreeNode[] {
  const rows: TreeNode[] = [];
  const addParent = (type: "project" | "screen", item: TreeItem) => {
    const key = nodeKey(type, item.id);
    const isOpen = open.has(key);
    rows.push({ key, depth: 0, name: item.name, icon: type, path: `/${type}s/${item.id}`, count: item.child_count, ref: { type, id: item.id }, isOpen });
    if (!isOpen) return;
    const children = childrenOf(type, item.id);
    const child = type === "project" ? "dataset" : "plate";
    if (!children) rows.push({ key: `${key}/loading`, depth: 1, name: "Loading", icon: child, path: "", parent: key, note: "loading" });
    if (children?.length === 0) rows.push({ key: `${key}/empty`, depth: 1, name: `No ${child}s`, icon: child, path: "", parent: key, note: "empty" });
    for (const one of children ?? []) rows.push(leaf(child, one, 1, key));
  };
  tree.projects.forEach((item) => addParent("project", item));
  tree.datasets.forEach((item) => rows.push(leaf("dataset", item, 0)));
  tree.screens.forEach((item) => addParent("screen", item));
  tree.plates.forEach((item) => rows.push(leaf("plate", item, 0)));
  if (tree.orphaned_images > 0) {
    rows.push({ key: "orphaned", depth: 0, name: "Orphaned images", icon: "orphan", path: "/orphaned", count: tree.orphaned_images });
  }
  return rows;
}

function leaf(type: "dataset" | "plate", item: TreeItem, depth: number, parent?: string): TreeNode {
  return {
    key: nodeKey(type, item.id, parent), depth, name: item.name, icon: type, path: `/${type}s/${item.id}`, count: item.child_count,
    ref: { type, id: item.id }, parent,
  };
}
