import { useQuery } from "@tanstack/react-query";
import { ProblemError } from "../api/http";
import { containerQuery } from "../api/objects";
import { useSession } from "../api/session";
import type { ContainerType } from "../api/types";
import { ObjectMenu } from "../commands/ObjectMenu";
import { HistorySection } from "../history/HistorySection";
import { Problem } from "../ui/Problem";
import { formatDate } from "../ui/units";
import { useDelayed } from "../ui/useDelayed";
import { Annotations } from "./Annotations";
import { EditableText } from "./EditableText";
import { Facts } from "./Facts";
import { type Fact, personName } from "./imageFacts";
import { Waiting } from "./ImageDetails";
import { Sensitivity } from "./Sensitivity";
import { useRenaming } from "./useRenaming";
import classes from "./Inspector.module.css";

const CHILDREN: Record<ContainerType, string> = { project: "Datasets", dataset: "Images", screen: "Plates", plate: "Wells" };

export function ContainerDetails({ type, id }: { type: ContainerType; id: number }) {
  const query = useQuery(containerQuery(type, id));
  const container = query.data;
  const renaming = useRenaming({ type, id }, container?.version ?? 0);
  const visit = useSession()?.visit;
  const isLate = useDelayed(query.isPending);
  // The page in the middle says that there is no such thing.
  if (query.error instanceof ProblemError && query.error.status === 404) return null;
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  if (!container) return isLate ? <Waiting /> : null;
  const facts: Fact[] = [["Id", `${type}:${id}`]];
  if (container.child_count !== undefined) facts.push([CHILDREN[type], container.child_count.toLocaleString("en")]);
  if (container.rows && container.columns) facts.push(["Layout", `${container.rows} rows × ${container.columns} columns`]);
  if (container.created_at) facts.push(["Made", formatDate(container.created_at)]);
  if (container.owner) facts.push(["Owner", personName(container.owner)]);
  const canEdit = (container.permissions?.edit ?? true) && !visit;
  return (
    <>
      <div className={classes.head}>
        <div className={classes.title}>
          <h2 style={{ flex: 1, minWidth: 0 }}>
            <EditableText value={container.name} label="Name" canEdit={canEdit} onSave={(name) => renaming.mutateAsync({ name })} />
          </h2>
          <ObjectMenu refs={[{ type, id }]} name={container.name} />
        </div>
        <EditableText value={container.description ?? ""} label="Description" placeholder="Add a description" isMultiline canEdit={canEdit}
          onSave={(description) => renaming.mutateAsync({ description })} />
      </div>
      <section className={classes.section}>
        <h3>{type[0]!.toUpperCase() + type.slice(1)}</h3>
        <Facts facts={facts} />
      </section>
      {type === "dataset" && !visit && <Sensitivity id={id} value={(container as { sensitivity?: string | null }).sensitivity ?? null} version={container.version} canEdit={canEdit} />}
      <Annotations subject={{ type, id }} canAnnotate={container.permissions?.annotate ?? true} />
      <HistorySection subject={{ type, id }} />
    </>
  );
}
