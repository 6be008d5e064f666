import { Autocomplete } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { http } from "../api/http";
import type { Page, TreeItem } from "../api/types";
import { type Goal, goalOf } from "./places";
import classes from "./Places.module.css";

const LABELS: Record<keyof Goal, string> = { dataset: "Dataset", project: "Project", screen: "Screen, for plates" };
export type Texts = Partial<Record<keyof Goal, string>>;
interface Props { texts: Texts; onTexts: (texts: Texts) => void; onGoal: (kind: keyof Goal, value: number | string | undefined) => void }

/** Into what the images go: what is there already, or a new one of that name. */
export function GoalFields({ texts, onTexts, onGoal }: Props) {
  return (
    <div className={classes.goal}>
      {(Object.keys(LABELS) as (keyof Goal)[]).map((kind) => (
        <GoalField key={kind} kind={kind} text={texts[kind] ?? ""} onText={(text) => onTexts({ ...texts, [kind]: text })} onGoal={onGoal} />
      ))}
    </div>
  );
}

function GoalField({ kind, text, onText, onGoal }: { kind: keyof Goal; text: string; onText: (text: string) => void; onGoal: Props["onGoal"] }) {
  const [sought] = useDebouncedValue(text, 200);
  const found = useQuery({
    queryKey: [`${kind}s`, sought],
    queryFn: () => http.get<Page<TreeItem>>(`/${kind}s`, { limit: 20, sort: "name", "name~": sought || undefined }),
    placeholderData: (before) => before,
  });
  const items = found.data?.items;
  const goal = goalOf(text, items ?? []);
  useEffect(() => onGoal(kind, goal), [kind, goal, onGoal]);
  const names = [...new Set((items ?? []).map((item) => item.name))];
  return <Autocomplete label={LABELS[kind]} placeholder="None" data={names} value={text} onChange={onText} description={typeof goal === "string" ? "A new one" : " "}
    inputWrapperOrder={["label", "input", "description"]} error={found.error?.message} />;
}
