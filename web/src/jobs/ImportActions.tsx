import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { API, http } from "../api/http";
import type { ImportResult, Job, JobState } from "../api/types";
import { say, sayError } from "../ui/toasts";

interface Props { jobId: number; state: JobState; result?: Partial<ImportResult> | null }

/** What one can do about an import that has ended: fetch its report, and try again what did not come in. */
export function ImportActions({ jobId, state, result }: Props) {
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: () => http.post<Job>(`/jobs/${jobId}/retry`),
    onSuccess: (job) => say(`What was left is imported again as job:${job.id}.`),
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
    onError: sayError,
  });
  const isLeft = Boolean(result?.failed?.length || result?.not_reached?.length) || (!result && state !== "done") || state === "cancelled";
  const address = `${API}/jobs/${jobId}/report`;
  return (
    <Group gap="sm">
      {isLeft && <Button size="compact-xs" variant="default" loading={retry.isPending} disabled={retry.isSuccess} onClick={() => retry.mutate()}>Retry</Button>}
      <span className="muted">Report: <a href={`${address}?format=csv`} download>CSV</a> <a href={`${address}?format=json`} download>JSON</a></span>
    </Group>
  );
}
