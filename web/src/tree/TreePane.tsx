import { ActionIcon, Menu, Skeleton } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";
import { childrenQuery } from "../api/objects";
import { treeQuery } from "../api/scope";
import { useSession } from "../api/session";
import { createContainer } from "../commands/createContainer";
import { useCommandContext } from "../commands/useCommandContext";
import { useScope } from "../scope/scope";
import { Empty } from "../ui/Empty";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { useStore } from "../ui/store";
import { useDelayed } from "../ui/useDelayed";
import { flatten } from "./nodes";
import { openNodes, toggleNode } from "./openNodes";
import { useRevealing, useScrollingTo } from "./useRevealing";
import { TreeRow } from "./TreeRow";
import shell from "../shell/Workspace.module.css";
import classes from "./Tree.module.css";

const ROW_HEIGHT = 28;

export function TreePane({ heading }: { heading: ReactNode }) {
  const isVisit = useSession()?.visit !== undefined;
  const scope = useScope();
  const tree = useQuery(treeQuery(scope));
  const open = useStore(openNodes);
  const context = useCommandContext();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const [focusKey, setFocusKey] = useState<string | null>(null);
  const isLate = useDelayed(tree.isPending);
  const openParents = useMemo(() => [...open].map(parentOfKey).filter((parent) => parent !== null), [open]);
  const children = useQueries({ queries: openParents.map((parent) => childrenQuery(parent)) });
  const rows = tree.data
    ? flatten(tree.data, open, (type, id) => children[openParents.findIndex((parent) => parent.type === type && parent.id === id)]?.data?.items)
    : [];
  useRevealing(context.place);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 12, paddingEnd: 8 });
  // What opens above would push the row away again.
  useScrollingTo(rows, pathname, children.every((query) => !query.isPending), (index) => {
    const { scrollTop, clientHeight } = scroller.current!;
    const isInSight = index * ROW_HEIGHT >= scrollTop && (index + 1) * ROW_HEIGHT <= scrollTop + clientHeight;
    // To the middle: while the page is laid out, the pane may still be higher than it will be.
    if (!isInSight) virtual.scrollToIndex(index, { align: "center" });
  });
  const focused = rows.findIndex((row) => row.key === focusKey);
  const current = focused >= 0 ? focused : Math.max(0, rows.findIndex((row) => row.path === pathname));

  const focusRow = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    setFocusKey(row.key);
    virtual.scrollToIndex(rows.indexOf(row));
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-key="${row.key}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current];
    if (!row) return;
    const isParent = row.isOpen !== undefined;
    const parent = rows.findIndex((candidate) => candidate.key === row.parent);
    const actions: Record<string, () => void> = {
      ArrowDown: () => focusRow(current + 1),
      ArrowUp: () => focusRow(current - 1),
      Home: () => focusRow(0),
      End: () => focusRow(rows.length - 1),
      ArrowRight: () => (isParent && !row.isOpen ? toggleNode(row.key, true) : focusRow(current + 1)),
      ArrowLeft: () => (isParent && row.isOpen ? toggleNode(row.key, false) : parent >= 0 && focusRow(parent)),
      Enter: () => row.path && void navigate({ to: row.path }),
      " ": () => row.path && void navigate({ to: row.path }),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  return (
    <>
      <div className={shell.toolbar}>
        {heading}
        <span className={shell.grow} />
        {!isVisit && <Menu position="bottom-end">
          <Menu.Target><ActionIcon aria-label="New project, dataset or screen"><Icon name="plus" /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<Icon name="project" />} onClick={() => void createContainer(context, "project")}>New project</Menu.Item>
            <Menu.Item leftSection={<Icon name="dataset" />}
              onClick={() => void createContainer(context, "dataset", context.place?.type === "project" ? context.place.id : undefined)}>
              New dataset{context.place?.type === "project" ? " in this project" : ""}
            </Menu.Item>
            <Menu.Item leftSection={<Icon name="screen" />} onClick={() => void createContainer(context, "screen")}>New screen</Menu.Item>
          </Menu.Dropdown>
        </Menu>}
      </div>
      {tree.error && <Problem error={tree.error} onRetry={() => void tree.refetch()} />}
      {isLate && <div className={classes.skeletons} aria-busy="true">{Array.from({ length: 8 }, (_, index) => <Skeleton key={index} height={20} />)}</div>}
      {tree.data && rows.length === 0 && (
        isVisit ? <Empty icon="project" title="No projects here." />
          : scope.owner === null ? <Empty icon="project" title="No projects yet.">Make one with +, or drop files to import them.</Empty>
            : <Empty icon="user" title="Nothing of this person here.">Choose another member, or another group.</Empty>
      )}
      <div ref={scroller} className={`${classes.tree} scroll`} role="tree" aria-label="Projects, datasets, screens and plates" onKeyDown={onKeyDown}>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]!;
            return (
              <TreeRow key={row.key} row={row} top={item.start} isCurrent={row.path === pathname} isFocusable={item.index === current}
                onToggle={() => toggleNode(row.key, !row.isOpen)}
                onOpen={() => {
                  setFocusKey(row.key);
                  if (row.path) void navigate({ to: row.path });
                }} />
            );
          })}
        </div>
      </div>
    </>
  );
}

function parentOfKey(key: string): { type: "project" | "screen"; id: number } | null {
  const match = /^(project|screen):(\d+)$/.exec(key);
  return match ? { type: match[1] as "project" | "screen", id: Number(match[2]) } : null;
}
