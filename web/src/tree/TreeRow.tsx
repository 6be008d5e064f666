import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useState } from "react";
import { linkImages } from "../commands/addToDataset";
import { draggedImages, hasImages } from "../grid/dragging";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import type { TreeNode } from "./nodes";
import classes from "./Tree.module.css";

interface Props { row: TreeNode; top: number; isCurrent: boolean; isFocusable: boolean; onToggle: () => void; onOpen: () => void }

export function TreeRow({ row, top, isCurrent, isFocusable, onToggle, onOpen }: Props) {
  const client = useQueryClient();
  const [isTarget, setTarget] = useState(false);
  const takesImages = row.ref?.type === "dataset";
  const onDragOver = (event: DragEvent) => {
    if (!takesImages || !hasImages(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "link";
    setTarget(true);
  };
  const onDrop = (event: DragEvent) => {
    setTarget(false);
    const images = draggedImages(event);
    if (!takesImages || images.length === 0) return;
    event.preventDefault();
    linkImages(client, { id: row.ref!.id, name: row.name }, images).catch(sayError);
  };
  if (row.note) {
    return <div className={`${classes.row} muted`} style={{ transform: `translateY(${top}px)`, paddingLeft: 44 }} data-key={row.key} role="none">{row.note === "loading" ? "Loading…" : row.name}</div>;
  }
  return (
    <div role="treeitem" aria-level={row.depth + 1} aria-expanded={row.isOpen} aria-selected={isCurrent} tabIndex={isFocusable ? 0 : -1} data-key={row.key}
      data-drop-target={row.ref ? `${row.ref.type}:${row.ref.id}` : undefined} data-drop-name={row.name}
      className={classes.row} data-target={isTarget || undefined} title={row.name} style={{ transform: `translateY(${top}px)`, paddingLeft: 4 + row.depth * 20 }}
      onClick={onOpen} onDoubleClick={() => row.isOpen !== undefined && onToggle()}
      onDragOver={onDragOver} onDragLeave={() => setTarget(false)} onDrop={onDrop}>
      <span className={classes.chevron} data-open={row.isOpen || undefined}
        onClick={(event) => {
          if (row.isOpen === undefined) return;
          event.stopPropagation();
          onToggle();
        }}>
        {row.isOpen !== undefined && <Icon name="chevron" size={12} />}
      </span>
      <Icon name={row.icon} />
      <span className="truncate" style={{ flex: 1 }}>{row.name}</span>
      {row.count !== undefined && <span className={classes.count}>{row.count.toLocaleString("en")}</span>}
    </div>
  );
}
