import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";
import { calendarQuery } from "../api/history";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { daysOf, levelOf } from "./calendar";
import classes from "./History.module.css";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const STEPS: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7 };

interface Props { year: number; by: string | undefined; day: string | undefined; onYear: (year: number) => void; onDay: (day: string | undefined) => void }

/** How much happened on each day of a year. Arrow keys go from day to day, Enter chooses one. */
export function YearCalendar({ year, by, day, onYear, onDay }: Props) {
  const query = useQuery(calendarQuery(year, by));
  const grid = useRef<HTMLDivElement>(null);
  const days = daysOf(year);
  const counts = query.data?.days ?? {};
  const most = Math.max(0, ...Object.values(counts));
  const today = new Date().toISOString().slice(0, 10);
  const [focused, setFocused] = useState<string | null>(null);
  const stop = focused?.startsWith(String(year)) ? focused : day?.startsWith(String(year)) ? day : today.startsWith(String(year)) ? today : days[0]!.date;
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = days[days.findIndex((one) => one.date === stop) + step];
    if (!next) return;
    setFocused(next.date);
    grid.current?.querySelector<HTMLElement>(`[data-day="${next.date}"]`)?.focus();
  };
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <section aria-label={`Calendar of ${year}`}>
      <div className={classes.year}>
        <ActionIcon aria-label="The year before" onClick={() => onYear(year - 1)}><Icon name="back" /></ActionIcon>
        <strong>{year}</strong>
        <ActionIcon aria-label="The year after" disabled={year >= new Date().getUTCFullYear()} onClick={() => onYear(year + 1)}><Icon name="chevron" /></ActionIcon>
        <span className="muted">{query.data ? `${query.data.total.toLocaleString("en")} ${query.data.total === 1 ? "change" : "changes"}` : ""}</span>
      </div>
      <div className={classes.scroller}>
        <div className={classes.weeks} ref={grid} role="group" aria-label="Days" onKeyDown={move}>
          {["Mon", "Wed", "Fri"].map((name, index) => <span key={name} className={classes.weekday} style={{ gridColumn: 1, gridRow: 2 + 2 * index }} aria-hidden>{name}</span>)}
          {days.filter((one, index) => index === 0 || one.month !== days[index - 1]!.month).map((one) => (
            <span key={one.month} className={classes.month} style={{ gridColumn: one.week + 3 }} aria-hidden>{MONTHS[one.month]}</span>
          ))}
          {days.map(({ date, week, weekday }) => {
            const count = counts[date] ?? 0;
            const told = `${date}: ${count ? count.toLocaleString("en") : "no"} ${count === 1 ? "change" : "changes"}`;
            return (
              <button key={date} type="button" className={classes.cell} data-day={date} data-level={levelOf(count, most)} title={told} aria-label={told}
                aria-pressed={date === day} tabIndex={date === stop ? 0 : -1} style={{ gridColumn: week + 3, gridRow: weekday + 2 }}
                onClick={() => { setFocused(date); onDay(date === day ? undefined : date); }} />
            );
          })}
        </div>
      </div>
      <div className={classes.legend} aria-hidden>
        less {[0, 1, 2, 3, 4].map((level) => <span key={level} className={classes.cell} data-level={level} />)} more · days in UTC
      </div>
    </section>
  );
}
