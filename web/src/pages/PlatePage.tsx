import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRouteId } from "../shell/location";
import { useState } from "react";
import { containerQuery, wellsQuery } from "../api/objects";
import { ObjectMenu } from "../commands/ObjectMenu";
import { PlateGrid } from "../plate/PlateGrid";
import { Empty } from "../ui/Empty";
import { Problem } from "../ui/Problem";
import shell from "../shell/Workspace.module.css";

export function PlatePage() {
  const id = useRouteId();
  const plate = useQuery(containerQuery("plate", id));
  const wells = useQuery(wellsQuery(id));
  const [field, setField] = useState(0);
  const error = plate.error ?? wells.error;
  if (error) return <Problem error={error} onRetry={() => void Promise.all([plate.refetch(), wells.refetch()])} />;
  const fields = Math.max(1, ...(wells.data ?? []).map((well) => well.well_samples?.length ?? 0));
  const options = Array.from({ length: fields }, (_, index) => ({ value: String(index), label: `Field ${index + 1}` }));
  return (
    <>
      <div className={shell.toolbar}>
        <h1 className="truncate" title={plate.data?.name}>{plate.data?.name ?? ""}</h1>
        {wells.data && <span className="muted">{wells.data.length} wells</span>}
        <span className={shell.grow} />
        <Select aria-label="Field" w={112} data={options} value={String(Math.min(field, fields - 1))} allowDeselect={false} disabled={fields === 1}
          onChange={(value) => value !== null && setField(Number(value))} />
        <ObjectMenu refs={[{ type: "plate", id }]} name={plate.data?.name ?? ""} />
      </div>
      {wells.data?.length === 0 && <Empty icon="plate" title="This plate has no wells." />}
      {!!wells.data?.length && <PlateGrid wells={wells.data} rows={plate.data?.rows ?? undefined} columns={plate.data?.columns ?? undefined} field={field} />}
    </>
  );
}
