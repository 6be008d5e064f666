import { NumberInput, Tooltip } from "@mantine/core";
import { useState } from "react";

interface Props {
  label: string;
  value: number;
  step: number;
  /** Why a number cannot be taken, or nothing when it can. */
  problemOf: (value: number) => string | undefined;
  onPick: (value: number) => void;
}

/** One end of a window. A number that cannot be is said so while it stands there, and gone when the field is left. */
export function WindowNumber({ label, value, step, problemOf, onPick }: Props) {
  const [draft, setDraft] = useState<number | string>(value);
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setDraft(value);
  }
  const problem = draft === "" ? undefined : problemOf(Number(draft));
  return (
    <Tooltip label={problem} opened={problem !== undefined} position="bottom">
      <NumberInput
        size="xs" hideControls step={step} w="100%" decimalScale={step === 1 ? 1 : 6} styles={{ input: { textAlign: "right", paddingInline: 6 } }}
        aria-label={label} aria-invalid={problem !== undefined} error={problem !== undefined} value={draft}
        onChange={(next) => {
          setDraft(next);
          if (next !== "" && problemOf(Number(next)) === undefined) onPick(Number(next));
        }}
        onBlur={() => setDraft(value)} onKeyDown={(event) => event.key === "Enter" && setDraft(value)}
      />
    </Tooltip>
  );
}
