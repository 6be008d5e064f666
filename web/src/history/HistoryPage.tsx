import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { eventsQuery, type HistoryEvent, type Names, peopleQuery } from "../api/history";
import { SinglePage } from "../shell/SinglePage";
import { Empty } from "../ui/Empty";
import { Problem } from "../ui/Problem";
import { EventEntry, Values } from "./EventEntry";
import type { HistorySearch } from "./historySearch";
import { byDay, kindName, summarise } from "./sentences";
import { YearCalendar } from "./YearCalendar";
import classes from "./History.module.css";

const KINDS = ["image", "dataset", "project", "plate", "screen", "roi", "annotation", "rendering_def", "experimenter", "experimenter_group"];
const dayFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: "UTC" });

/** What happened here: a year by day, and the changes one after the other. */
export function HistoryPage() {
  const search: HistorySearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const people = useQuery(peopleQuery);
  const [words, setWords] = useState(search.reason ?? "");
  const [reason] = useDebouncedValue(words.trim() || undefined, 300);
  const { by, kind, day } = search;
  const year = Number(search.year ?? day?.slice(0, 4)) || new Date().getUTCFullYear();
  const go = (change: HistorySearch) => void navigate({ to: "/history", search: { ...search, ...change }, replace: true });
  const events = useInfiniteQuery(eventsQuery({ by, kind, reason, since: day ?? (search.year ? `${year}-01-01` : undefined), until: day ?? (search.year ? `${year}-12-31` : undefined) }));
  const all = events.data?.pages.flatMap((page) => page.items) ?? [];
  const names = Object.assign({}, ...(events.data?.pages.map((page) => page.names) ?? [])) as Names;
  const persons = people.data?.map((one) => ({ value: one.ome_name, label: [one.first_name, one.last_name].filter(Boolean).join(" ") || one.ome_name })) ?? [];
  return (
    <SinglePage title="History">
      <YearCalendar year={year} by={by} day={day} onYear={(next) => go({ year: String(next), day: undefined })} onDay={(next) => go({ day: next })} />
      <div className={classes.bar} role="search" aria-label="Filters">
        <Select label="Who" w={180} clearable searchable placeholder="Everyone" data={persons} value={by ?? null} onChange={(value) => go({ by: value ?? undefined })} />
        <Select label="Changed" w={160} clearable placeholder="Anything" data={KINDS.map((value) => ({ value, label: kindName(value) }))} value={kind ?? null} onChange={(value) => go({ kind: value ?? undefined })} />
        <TextInput label="Reason" w={200} placeholder="A part of it" value={words} onChange={(event) => setWords(event.currentTarget.value)} />
        {day && <Button variant="default" onClick={() => go({ day: undefined })}>All days</Button>}
      </div>
      {events.error && <Problem error={events.error} onRetry={() => void events.refetch()} />}
      {events.data && all.length === 0 && <Empty icon="history" title="Nothing was changed.">{day || by || kind || reason ? "No change fits these filters." : "What you and your groups change is listed here."}</Empty>}
      {byDay(all).map(([date, some]) => (
        <section key={date} aria-label={date}>
          <h2 className={classes.day}>{dayFormat.format(new Date(date))}</h2>
          <ul className={classes.list}>{some.map((event) => <Entry key={event.id} event={event} names={names} />)}</ul>
        </section>
      ))}
      {events.hasNextPage && <Button mt={16} variant="default" loading={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>Earlier changes</Button>}
    </SinglePage>
  );
}

function Entry({ event, names }: { event: HistoryEvent; names: Names }) {
  const only = event.changes.length === 1 ? event.changes[0]! : null;
  return (
    <EventEntry id={event.id} doer={event.experimenter} sudo={event.sudo_experimenter?.ome_name} time={event.time} clock={event.time.slice(11, 16)} client={event.client}
      reason={event.reason} undoes={event.undoes_event_id} undoneBy={event.undone_by_event_id} names={names}>
      <div className={classes.what}>{summarise(event, names)}</div>
      {only && <Values change={only} names={names} />}
    </EventEntry>
  );
}
