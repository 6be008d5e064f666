import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { jobsQuery } from "../api/jobs";
import { SinglePage } from "../shell/SinglePage";
import { Empty } from "../ui/Empty";
import { Problem } from "../ui/Problem";
import { useDelayed } from "../ui/useDelayed";
import { JobRow } from "./JobRow";

export function JobsPage() {
  const jobs = useQuery(jobsQuery);
  const isLate = useDelayed(jobs.isPending);
  return (
    <SinglePage title="Jobs">
      {jobs.error && <Problem error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {isLate && <Skeleton height={160} />}
      {jobs.data?.items.length === 0 && <Empty icon="jobs" title="No jobs yet.">Imports and exports appear here, with what came of them.</Empty>}
      {jobs.data?.items.map((job) => <JobRow key={job.id} job={job} />)}
    </SinglePage>
  );
}
