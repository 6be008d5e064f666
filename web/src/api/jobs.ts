import { queryOptions } from "@tanstack/react-query";
import { http } from "./http";
import type { Job, Page } from "./types";

export const isActive = (job: Job): boolean => job.state === "queued" || job.state === "running";

/** The latest jobs; asked for often only while one is under way. */
export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: () => http.get<Page<Job>>("/jobs", { limit: 100 }),
  refetchInterval: (query) => (query.state.data?.items.some(isActive) ? 1500 : 30_000),
});

export function jobQuery(id: number) {
  return queryOptions({
    queryKey: ["job", id],
    queryFn: () => http.get<Job>(`/jobs/${id}`),
    refetchInterval: (query) => (query.state.data && !isActive(query.state.data) ? false : 700),
  });
}

export function errorOf(job: Job): string {
  if (typeof job.error === "string") return job.error;
  return job.error?.detail ?? job.error?.title ?? job.message ?? "It failed.";
}

/** Waits for a job's end, telling of each step. */
export async function followJob(id: number, onStep: (job: Job) => void = () => undefined): Promise<Job> {
  for (let waitMs = 150; ; waitMs = Math.min(waitMs * 1.5, 1500)) {
    const job = await http.get<Job>(`/jobs/${id}`);
    onStep(job);
    if (!isActive(job)) return job;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
