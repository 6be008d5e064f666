import { Alert, Button, Checkbox, Group, Radio, Skeleton, Stack } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { useSession } from "../../api/session";
import { say } from "../../ui/toasts";
import { may } from "../access";
import classes from "../Admin.module.css";
import { type Level, type LevelReport, type UserGroup, useRefresh } from "../data";
import { effectsOf, isClosing, LEVELS, linksOf } from "./levels";

/** Another level for a group: what would come of it is asked of the server and shown before anything can be changed. */
export function ChangeLevel({ group, onClose }: { group: UserGroup; onClose: () => void }) {
  const [level, setLevel] = useState<Level>(group.level);
  const [isUnlinking, setUnlinking] = useState(false);
  const refresh = useRefresh();
  const isOther = level !== group.level;
  const isOpening = may(useSession(), "ModifyGroup");
  const report = useQuery({
    queryKey: ["admin", "level", group.id, group.version, level],
    queryFn: () => http.post<LevelReport>(`/experimenter_groups/${group.id}/level`, { level, dry_run: true }),
    enabled: isOther,
    staleTime: 0,
  });
  const change = useMutation({
    mutationFn: () => http.post<LevelReport>(`/experimenter_groups/${group.id}/level`, { level, unlink: isUnlinking }),
    onSuccess: async () => {
      onClose();
      say(`${group.name} is ${level} now.`);
      await refresh();
    },
    onError: () => void report.refetch(),
  });
  const told = isOther && !report.isFetching ? report.data : undefined;
  const isReady = !!told && (told.is_possible || isUnlinking);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !change.isPending) change.mutate();
  };
  const choose = (value: string) => {
    setLevel(value as Level);
    setUnlinking(false);
    change.reset();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Radio.Group value={level} onChange={choose} aria-label="New level">
          <Stack gap="sm">
            {LEVELS.map(({ value, label, means }) => (
              <Radio key={value} value={value} size="xs" data-autofocus={value === group.level || undefined} description={means}
                disabled={value === "read-write" && value !== group.level && !isOpening}
                label={value === group.level ? `${label} (now)` : value === "read-write" && !isOpening ? `${label} (administrators only)` : label} />
            ))}
          </Stack>
        </Radio.Group>
        {isOther && <Report report={told} error={report.error} isUnlinking={isUnlinking} onUnlinking={setUnlinking} />}
        {change.error && <Alert color="red" variant="light" p="sm" role="alert">{change.error.message}</Alert>}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={change.isPending} disabled={!isReady} color={isUnlinking ? "red.9" : undefined}>
            {isUnlinking ? "Cut links and change" : isClosing(group.level, level) ? "Close the group" : "Change level"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface ReportProps { report?: LevelReport; error: Error | null; isUnlinking: boolean; onUnlinking: (yes: boolean) => void }

function Report({ report, error, isUnlinking, onUnlinking }: ReportProps) {
  if (error) return <Alert color="red" variant="light" p="sm" role="alert">{error.message}</Alert>;
  if (!report) return <Skeleton height={72} />;
  const links = linksOf(report);
  return (
    <div className={classes.report} role="status" aria-label="What will happen">
      {effectsOf(report).map((sentence) => <p key={sentence}>{sentence}</p>)}
      {links.length > 0 && (
        <>
          <p><strong>These join data of different people, who would no longer see each other&apos;s:</strong></p>
          <ul>{links.map((link) => <li key={link}>{link}</li>)}</ul>
          <Checkbox size="xs" checked={isUnlinking} onChange={(event) => onUnlinking(event.currentTarget.checked)}
            label="Cut these links" description="They go to the bin; the data they join stays." />
        </>
      )}
    </div>
  );
}
