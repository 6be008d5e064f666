import { ActionIcon, Indicator, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { isActive, jobsQuery } from "../api/jobs";
import { Icon } from "../ui/icons";

export function JobsButton() {
  const running = (useQuery(jobsQuery).data?.items ?? []).filter(isActive).length;
  const label = running ? `Jobs: ${running} running` : "Jobs";
  return (
    <Tooltip label={label}>
      <Indicator disabled={running === 0} size={14} label={running} offset={6} color="accent.8">
        <ActionIcon component={Link} to="/jobs" aria-label={label}><Icon name="jobs" /></ActionIcon>
      </Indicator>
    </Tooltip>
  );
}
