import { Chip, Group } from "@mantine/core";
import { useEffect, useState } from "react";
import { counted, type Report } from "../api/graph";
import classes from "./Graph.module.css";

/** Kinds that go though they are elsewhere too, and kinds that stay. */
export interface Choice { include: string[]; exclude: string[] }

interface Props {
  report: Report | undefined;
  objects: string[];
  choice: Choice;
  choose: (choice: Choice) => void;
}

const NONE: string[] = [];

/** Which kinds of what belongs to objects go with them: those that would go can stay, and those that would stay can go. */
export function GraphChoices({ report, objects, choice, choose }: Props) {
  const own = objects[0]?.split(":")[0];
  const [seen, setSeen] = useState({ goes: NONE, stays: NONE });
  useEffect(() => {
    if (!report || report.refused.length > 0) return;
    setSeen((before) => ({
      goes: joined(before.goes, Object.keys(report.counts).filter((kind) => kind !== own && !choice.include.includes(kind))),
      stays: joined(before.stays, Object.keys(report.stays_count ?? {}).filter((kind) => kind !== own && !choice.exclude.includes(kind))),
    }));
  }, [report, own, choice]);
  const kinds = [...seen.goes.filter((kind) => !seen.stays.includes(kind)), ...seen.stays];
  if (kinds.length === 0) return null;
  const isGoing = (kind: string) => (seen.stays.includes(kind) ? choice.include.includes(kind) : !choice.exclude.includes(kind));
  const toggle = (kind: string) => {
    const side = seen.stays.includes(kind) ? "include" : "exclude";
    const list = choice[side];
    choose({ ...choice, [side]: list.includes(kind) ? list.filter((one) => one !== kind) : [...list, kind] });
  };
  return (
    <div role="group" aria-label="What goes along" className={classes.choices}>
      <span className="muted">What goes along:</span>
      <Group gap={6}>
        {kinds.map((kind) => (
          <Chip key={kind} size="xs" radius="sm" checked={isGoing(kind)} onChange={() => toggle(kind)}>{namesOf(kind)}</Chip>
        ))}
      </Group>
    </div>
  );
}

const joined = (before: string[], found: string[]): string[] => {
  const added = found.filter((kind) => !before.includes(kind));
  return added.length === 0 ? before : [...before, ...added];
};

/** "datasets": as the report calls several of them. */
const namesOf = (kind: string): string => counted({ [kind]: 2 }).slice(2);
