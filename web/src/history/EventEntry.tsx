import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { type Change, type Doer, type Names, type Undone, useUndoing } from "../api/history";
import { confirm } from "../ui/dialogs";
import { say, sayError } from "../ui/toasts";
import { withReason } from "../ui/withReason";
import { formatDate } from "../ui/units";
import { CLIENTS, label, valuesOf } from "./sentences";
import classes from "./History.module.css";

interface Props {
  id: number; doer: Doer; sudo?: string | null; time: string; clock?: string; client: string | null; reason: string | null; undoes: number | null; undoneBy?: number | null;
  names: Names; children: ReactNode;
}

/** One event: who, when, what, why, and the way back. */
export function EventEntry({ id, doer, sudo, time, clock, client, reason, undoes, undoneBy, names, children }: Props) {
  const undoing = useUndoing();
  const who = doer.name ?? doer.ome_name ?? "The server";
  const undo = async () => {
    try {
      const would = await undoing.mutateAsync({ event: id, isDryRun: true });
      const isSure = await confirm({ title: "Undo this change?", text: <WouldDo would={would} names={names} />, action: "Undo" });
      if (!isSure) return;
      const done = await withReason((reason) => undoing.mutateAsync({ event: id, isDryRun: false, reason }));
      if (done) say("Done. The history has it, and it can be undone as well.");
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <li className={classes.event} data-undone={undoneBy ? "" : undefined} data-event={id}>
      <div>
        <small className="muted" title={[`event:${id}`, client && CLIENTS[client]].filter(Boolean).join(", ")}>
          {who}{sudo ? ` (done by ${sudo})` : ""}, <time dateTime={time}>{clock ?? formatDate(time)}</time>
          {undoes ? `, undoing event:${undoes}` : ""}{undoneBy ? `, undone by event:${undoneBy}` : ""}
        </small>
        {children}
        {reason && <p className={classes.reason}>{reason}</p>}
      </div>
      <Button size="compact-xs" variant="subtle" color="gray" loading={undoing.isPending} onClick={() => void undo()} aria-label={`Undo event ${id}`}>Undo</Button>
    </li>
  );
}

const TOLD = 8;
const VERBS = { INSERT: "makes again", UPDATE: "sets back", DELETE: "removes", BIN: "puts into the bin", RESTORE: "brings back" } as const;

function WouldDo({ would, names }: { would: Undone; names: Names }) {
  return (
    <>
      <p style={{ marginTop: 0 }}>This</p>
      <ul>
        {would.changes.slice(0, TOLD).map((change) => (
          <li key={`${change.object}-${change.action}`}>
            {VERBS[change.action]} {label(change.object, names)}
            {valuesOf(change, names).map(({ field, old, now }) => <div key={field} className="muted">{field}: {old} → {now}</div>)}
          </li>
        ))}
        {would.changes.length > TOLD && <li>and {(would.changes.length - TOLD).toLocaleString("en")} more</li>}
      </ul>
    </>
  );
}

export function Values({ change, names }: { change: Change; names: Names }) {
  const values = valuesOf(change, names);
  if (values.length === 0) return null;
  return (
    <dl className={classes.values}>
      {values.map(({ field, old, now }) => (
        <div key={field} style={{ display: "contents" }}>
          <dt>{field}</dt>
          <dd><del>{old}</del> → <ins>{now}</ins></dd>
        </div>
      ))}
    </dl>
  );
}
