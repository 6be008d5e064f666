import { useQuery } from "@tanstack/react-query";
import { SinglePage } from "../shell/SinglePage";
import { Empty } from "../ui/Empty";
import { Problem } from "../ui/Problem";
import { GrantTable } from "./GrantTable";
import { grantsQuery } from "./grants";

/** All that one shared and published. */
export function SharesPage() {
  const grants = useQuery(grantsQuery());
  return (
    <SinglePage title="Shared links and publications">
      {grants.error && <Problem error={grants.error} onRetry={() => void grants.refetch()} />}
      {grants.data?.items.length === 0 && (
        <Empty icon="link" title="Nothing is shared yet.">Choose “Share…” in the menu of a project, dataset, plate or image.</Empty>
      )}
      {!!grants.data?.items.length && <GrantTable grants={grants.data.items} hasObjects />}
    </SinglePage>
  );
}
