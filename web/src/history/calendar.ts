/** The days of a year in columns of weeks, Monday first; all in UTC, as the server counts them. */
export interface Day { date: string; week: number; weekday: number; month: number }

const DAY_MS = 86_400_000;

export function daysOf(year: number): Day[] {
  const days: Day[] = [];
  const first = Date.UTC(year, 0, 1);
  const shift = (new Date(first).getUTCDay() + 6) % 7;
  for (let time = first; new Date(time).getUTCFullYear() === year; time += DAY_MS) {
    const place = Math.round((time - first) / DAY_MS) + shift;
    const date = new Date(time);
    days.push({ date: date.toISOString().slice(0, 10), week: Math.floor(place / 7), weekday: place % 7, month: date.getUTCMonth() });
  }
  return days;
}

/** From 0 for nothing to 4 for as much as on the busiest day; in between by the logarithm, so that one busy day does not hide the others. */
export function levelOf(count: number, most: number): number {
  if (count <= 0) return 0;
  return most <= 1 ? 4 : Math.min(4, 1 + Math.floor((3.999 * Math.log(count)) / Math.log(most)));
}
