import { Button, Table, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { Icon } from "../ui/icons";
import classes from "./Admin.module.css";
import { type Column, nextSort } from "./table";

const AT_ONCE = 200;

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => number | string;
  sort?: string;
  onSort?: (sort: string) => void;
  /** Where a row leads; its first cell is the link. */
  pathOf?: (row: T) => string;
  actions?: (row: T) => ReactNode;
  actionsWidth?: number;
}

/** A dense table: heads sort, the arrow keys go from row to row, Enter opens. */
export function DataTable<T>({ label, columns, rows, keyOf, sort = "", onSort, pathOf, actions, actionsWidth = 40 }: Props<T>) {
  const [most, setMost] = useState(AT_ONCE);
  return (
    <>
      <Table className={classes.table} aria-label={label} verticalSpacing={5} horizontalSpacing={8} onKeyDown={moveByArrows}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => <Head key={column.key} column={column} sort={sort} onSort={onSort} />)}
            {actions && <Table.Th w={actionsWidth}><span className="visually-hidden">Actions</span></Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.slice(0, most).map((row) => (
            <Table.Tr key={keyOf(row)}>
              {columns.map((column, index) => (
                <Table.Td key={column.key} ta={column.align} maw={0} className={column.isWrapping ? classes.wraps : "truncate"} title={titleOf(column, row)}>
                  {index === 0 && pathOf ? <Link className={classes.rowLink} to={pathOf(row)} data-row>{contentOf(column, row)}</Link> : contentOf(column, row)}
                </Table.Td>
              ))}
              {actions && <Table.Td className={classes.rowActions}>{actions(row)}</Table.Td>}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {rows.length > most && <Button variant="default" mt="sm" onClick={() => setMost(most + AT_ONCE)}>Show {Math.min(AT_ONCE, rows.length - most)} more of {rows.length}</Button>}
    </>
  );
}

const contentOf = <T,>(column: Column<T>, row: T): ReactNode => (column.cell ? column.cell(row) : String(column.value(row) ?? ""));
function titleOf<T>(column: Column<T>, row: T): string | undefined {
  const value = column.value(row);
  return typeof value === "string" && value ? value : undefined;
}

function Head<T>({ column, sort, onSort }: { column: Column<T>; sort: string; onSort?: (sort: string) => void }) {
  const isUp = sort === column.key;
  const isSorted = isUp || sort === `-${column.key}`;
  return (
    <Table.Th w={column.width} ta={column.align} aria-sort={isSorted ? (isUp ? "ascending" : "descending") : undefined}>
      {onSort && column.label
        ? <UnstyledButton className={classes.sorter} data-sorted={isSorted || undefined} onClick={() => onSort(nextSort(sort, column.key))}>
            {column.label}<span className={isUp ? classes.up : classes.down}><Icon name="chevron" size={12} /></span>
          </UnstyledButton>
        : column.label}
    </Table.Th>
  );
}

/** Up and down, Home and End, among the links of the rows. */
function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  links[Math.max(0, Math.min(to, links.length - 1))]?.focus();
}

/** From a field above a table to its first row. */
export function enterTable(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown") return;
  const first = document.querySelector<HTMLElement>("main [data-row]");
  if (!first) return;
  event.preventDefault();
  first.focus();
}
