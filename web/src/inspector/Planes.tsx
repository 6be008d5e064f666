import { Button, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { planesQuery, timesQuery } from "../api/acquisition";
import type { ChannelInfo, Planes as Told } from "../api/types";
import history from "../history/History.module.css";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { intervalsOf, linePoints, sharedValues, spellSeconds } from "./planeTimes";
import inspector from "./Inspector.module.css";

const COLUMNS: [name: string, label: string][] = [
  ["delta_t", "time"], ["exposure_time", "exposure"], ["position_x", "x"], ["position_y", "y"], ["position_z", "z"],
];
const [WIDTH, HEIGHT] = [240, 40];

/** When planes were taken, for how long and where: a line of intervals, and a table that opens on demand. */
export function Planes({ id, channels, times }: { id: number; channels: ChannelInfo[]; times: number }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className={inspector.acquired}>
      {times > 2 && <Intervals id={id} />}
      <h4>
        <UnstyledButton className={history.toggle} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}><Icon name="chevron" size={10} />Planes</UnstyledButton>
      </h4>
      {isOpen && <Table id={id} channels={channels} />}
    </div>
  );
}

function Intervals({ id }: { id: number }) {
  const planes = useQuery(timesQuery(id)).data;
  const found = planes ? intervalsOf(planes) : null;
  if (!found) return null;
  const said = `${found.seconds.length + 1}${planes?.next ? "+" : ""} time points, ${spellSeconds(found.median)} apart`;
  const isEven = found.greatest - found.least < 1e-3 * Math.abs(found.median);
  return (
    <figure className={inspector.intervals}>
      <figcaption>{said}{!isEven && <span className="muted"> ({spellSeconds(found.least)} to {spellSeconds(found.greatest)})</span>}</figcaption>
      {!isEven && (
        <svg viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" role="img" aria-label={`Intervals between time points, ${spellSeconds(found.least)} to ${spellSeconds(found.greatest)}`}>
          <polyline points={linePoints(found.seconds, WIDTH, HEIGHT)} />
        </svg>
      )}
    </figure>
  );
}

function Table({ id, channels }: { id: number; channels: ChannelInfo[] }) {
  const query = useInfiniteQuery(planesQuery(id));
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return null;
  const { pages } = query.data;
  const told = COLUMNS.filter(([name]) => pages.some((page) => page.columns[name]));
  // What all planes share is said once; of pages that are still to come nobody knows.
  const shared = pages.length === 1 && !query.hasNextPage ? sharedValues(pages[0]!) : {};
  const shown = told.filter(([name]) => !(name in shared));
  if (told.length === 0) return <span className="muted">The file says nothing of single planes.</span>;
  const unitOf = (name: string) => pages.find((page) => page.columns[name])?.columns[name]?.unit ?? "";
  const nameOf = (index: number) => channels.find((one) => one.channel_index === index)?.name ?? String(index + 1);
  const alike = told.filter(([name]) => name in shared).map(([name, label]) => `${label}\u00a0${spell(shared[name])}\u00a0${shortUnit(unitOf(name))}`.trim());
  return (
    <>
    {alike.length > 0 && <p className={inspector.alike}>{alike.join(", ")} <span className="muted">in all planes</span></p>}
    <div className={inspector.planes} tabIndex={0} role="region" aria-label="Planes">
      <table>
        <thead>
          <tr>
            <th scope="col">T</th><th scope="col">Z</th><th scope="col" className={inspector.words}>channel</th>
            {shown.map(([name, label]) => <th key={name} scope="col">{label} <span className="muted">{shortUnit(unitOf(name))}</span></th>)}
          </tr>
        </thead>
        <tbody>{pages.flatMap((page, number) => rowsOf(page, shown, nameOf, number))}</tbody>
      </table>
      {query.hasNextPage && <Button m={8} variant="default" size="compact-xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>More planes</Button>}
    </div>
    </>
  );
}

const shortUnit = (unit: string): string => (unit === "reference frame" ? "" : unit);

function rowsOf({ count, columns }: Told, shown: [string, string][], nameOf: (index: number) => string, page: number) {
  return Array.from({ length: count }, (_, row) => (
    <tr key={`${page}-${row}`}>
      <td>{(columns["the_t"]?.values[row] ?? 0) + 1}</td>
      <td>{(columns["the_z"]?.values[row] ?? 0) + 1}</td>
      <td className={inspector.words}>{nameOf(columns["the_c"]?.values[row] ?? 0)}</td>
      {shown.map(([name]) => <td key={name}>{spell(columns[name]?.values[row])}</td>)}
    </tr>
  ));
}

const spell = (value: number | null | undefined): string => (typeof value === "number" ? String(Number(value.toPrecision(7))) : "");
