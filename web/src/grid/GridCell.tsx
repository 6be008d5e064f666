import { type DragEvent, memo, type MouseEvent } from "react";
import type { ImageItem } from "../api/types";
import { setDraggedImages } from "./dragging";
import { selection } from "./selection";
import { Thumbnail } from "./Thumbnail";
import classes from "./ImageGrid.module.css";

interface Props {
  item: ImageItem; index: number; total: number; isChosen: boolean; isFocusable: boolean; size: number;
  onChoose: (event: MouseEvent, id: number) => void; onOpen: (id: number) => void;
}

function Cell({ item, index, total, isChosen, isFocusable, size, onChoose, onOpen }: Props) {
  const onDragStart = (event: DragEvent) => {
    const chosen = selection.get().ids;
    setDraggedImages(event, chosen.includes(item.id) ? chosen : [item.id]);
    event.dataTransfer.effectAllowed = "copyLink";
  };
  return (
    <div role="option" aria-selected={isChosen} aria-setsize={total} aria-posinset={index + 1} aria-label={item.name} data-image={item.id}
      className={classes.cell} tabIndex={isFocusable ? 0 : -1} draggable onDragStart={onDragStart} title={item.name}
      onClick={(event) => onChoose(event, item.id)} onDoubleClick={() => onOpen(item.id)}>
      <Thumbnail id={item.id} size={size > 160 ? 512 : 256} />
      <span className={`${classes.name} truncate`}>{item.name}</span>
    </div>
  );
}

/** One image of the grid: drawn again only when something about it changes. */
export const GridCell = memo(Cell, (before, after) =>
  before.item === after.item && before.index === after.index && before.total === after.total && before.isChosen === after.isChosen &&
  before.isFocusable === after.isFocusable && before.size === after.size);
