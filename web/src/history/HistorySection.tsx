import { Button, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { annotationsQuery } from "../api/annotations";
import { historyQuery } from "../api/history";
import { nameOf } from "../api/objects";
import type { ObjectRef } from "../api/types";
import inspector from "../inspector/Inspector.module.css";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { EventEntry, Values } from "./EventEntry";
import { byEvent, describe } from "./sentences";
import classes from "./History.module.css";

/** What happened to an object, its links, its parts and its annotations; read once somebody wants to know. */
export function HistorySection({ subject }: { subject: ObjectRef }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section className={inspector.section} aria-label="History">
      <h3>
        <UnstyledButton className={classes.toggle} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}><Icon name="chevron" size={10} />History</UnstyledButton>
      </h3>
      {isOpen && <History subject={subject} />}
    </section>
  );
}

function History({ subject }: { subject: ObjectRef }) {
  const annotated = useQuery(annotationsQuery(subject)).dataUpdatedAt; // what is said of it is part of its history
  const query = useInfiniteQuery(historyQuery(subject, annotated));
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return null;
  const names = Object.assign({}, ...query.data.pages.map((page) => page.names)) as Record<string, string>;
  const changes = query.data.pages.flatMap((page) => page.items);
  if (changes.length === 0) return <span className="muted">Nothing is recorded.</span>;
  return (
    <>
      <ul className={classes.list}>
        {byEvent(changes).map((some) => {
          const first = some[0]!;
          return (
            <EventEntry key={`${first.event_id}-${first.object}`} id={first.event_id} doer={first.experimenter} time={first.time} client={first.client} reason={first.reason} undoes={first.undoes_event_id} names={names}>
              {some.map((change) => (
                <div key={`${change.object}-${change.action}`}>
                  <div className={classes.what}>{describe(change, names, nameOf(subject))}</div>
                  <Values change={change} names={names} />
                </div>
              ))}
            </EventEntry>
          );
        })}
      </ul>
      {query.hasNextPage && <Button mt={8} variant="default" size="compact-xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Earlier changes</Button>}
    </>
  );
}
