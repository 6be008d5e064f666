import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useMemo } from "react";
import type { Well } from "../api/types";
import { Thumbnail } from "../grid/Thumbnail";
import { choose, moveIndex, reachOf, selection } from "../grid/selection";
import { useStore } from "../ui/store";
import { imageOf, layOut, rowName } from "./plateLayout";
import classes from "./PlateGrid.module.css";

interface Props { wells: Well[]; rows?: number; columns?: number; field: number }

/** A plate as it lies on the stage: rows by letter, columns by number, one field of each well. */
export function PlateGrid({ wells, rows, columns, field }: Props) {
  const layout = useMemo(() => layOut(wells, rows, columns), [wells, rows, columns]);
  const chosen = useStore(selection);
  const navigate = useNavigate();
  const places = Array.from({ length: layout.rows * layout.columns }, (_, index) => {
    const row = Math.floor(index / layout.columns);
    const column = index % layout.columns;
    return { name: `${rowName(row)}${column + 1}`, row, column, image: imageOf(layout.at.get(`${row}/${column}`), field) };
  });
  const images = places.map((place) => place.image).filter((image): image is number => image !== null);
  const focused = chosen.focus ?? images[0] ?? null;
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key === "Enter" && focused !== null) return void navigate({ to: `/images/${focused}` });
    const at = places.findIndex((place) => place.image === focused);
    const next = moveIndex(event.key, at, layout.columns, places.length, 4);
    const image = next === null ? null : places[next]!.image;
    if (image === null) return;
    event.preventDefault();
    selection.set(choose(chosen, images, image, event.shiftKey ? "range" : "one"));
    event.currentTarget.querySelector<HTMLElement>(`[data-image="${image}"]`)?.focus();
  };
  return (
    <div className={`${classes.scroller} scroll`}>
      <div className={classes.plate} role="grid" aria-label="Wells" aria-rowcount={layout.rows} aria-colcount={layout.columns} onKeyDown={onKeyDown}
        style={{ gridTemplateColumns: `24px repeat(${layout.columns}, minmax(56px, 160px))` }}>
        <div role="row" className={classes.line}>
          <span />
          {Array.from({ length: layout.columns }, (_, column) => <span key={column} role="columnheader" className={classes.head}>{column + 1}</span>)}
        </div>
        {Array.from({ length: layout.rows }, (_, row) => (
          <div role="row" className={classes.line} key={row}>
            <span role="rowheader" className={classes.head}>{rowName(row)}</span>
            {places.slice(row * layout.columns, (row + 1) * layout.columns).map((place) => {
              const { image } = place;
              if (image === null) return <span key={place.name} role="gridcell" className={classes.empty} aria-label={`${place.name}, empty`} />;
              return (
                <div key={place.name} role="gridcell" className={classes.well} aria-label={place.name} aria-selected={chosen.ids.includes(image)} data-image={image}
                  tabIndex={image === focused ? 0 : -1} title={place.name} onDoubleClick={() => void navigate({ to: `/images/${image}` })}
                  onClick={(event) => selection.set(choose(selection.get(), images, image, reachOf(event)))}>
                  <Thumbnail id={image} size={128} />
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}
