import { Button, Group, Loader, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { type Operation, type Options, perform, preview, type Report } from "../api/graph";
import { Problem } from "../ui/Problem";
import { sayError } from "../ui/toasts";
import classes from "./Graph.module.css";
import { type Choice, GraphChoices } from "./GraphChoices";
import { GraphReport } from "./GraphReport";

interface Props {
  operation: Operation;
  objects: string[];
  /** What the operation needs besides; null while that is not chosen yet. */
  options: Options | null;
  action: string;
  isDanger?: boolean;
  children?: ReactNode;
  close: () => void;
  onDone: (report: Report) => void | Promise<void>;
}

/** A dialog that shows what would happen before it is done. */
export function GraphDialog({ operation, objects, options, action, isDanger, children, close, onDone }: Props) {
  const [isWorking, setWorking] = useState(false);
  const [choice, setChoice] = useState<Choice>({ include: [], exclude: [] });
  const wanted = { ...options, ...choice };
  const found = useQuery({
    queryKey: ["graph", operation, objects, wanted],
    queryFn: () => preview(operation, objects, wanted),
    placeholderData: (before) => before,
    enabled: options !== null,
    gcTime: 0,
    retry: false,
  });
  const report = found.data;
  const start = async () => {
    setWorking(true);
    try {
      const done = await perform(operation, objects, wanted);
      close();
      await onDone(done);
    } catch (error) {
      sayError(error);
      setWorking(false);
    }
  };
  return (
    <Stack gap="md">
      {children}
      {found.error ? <Problem error={found.error} onRetry={() => void found.refetch()} /> : options !== null && (
        report ? <GraphReport report={report} isPurging={options.purge} />
          : <div className={classes.report}><Group gap="xs"><Loader size="xs" /><span className="muted">Looking at what goes with it</span></Group></div>
      )}
      {options !== null && <GraphChoices report={report} objects={objects} choice={choice} choose={setChoice} />}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={close}>Cancel</Button>
        <Button color={isDanger ? "red.9" : undefined} data-autofocus loading={isWorking} onClick={() => void start()}
          disabled={!report || Boolean(found.error) || found.isPlaceholderData || report.refused.length > 0}>
          {action}
        </Button>
      </Group>
    </Stack>
  );
}
