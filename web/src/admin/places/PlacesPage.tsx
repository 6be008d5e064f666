import { Alert, Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { http } from "../../api/http";
import { confirm, openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { say, sayError } from "../../ui/toasts";
import { useDelayed } from "../../ui/useDelayed";
import classes from "../Admin.module.css";
import { DataTable } from "../DataTable";
import { groupsQuery } from "../data";
import { type Column, sortRows } from "../table";
import { useTableUrl } from "../useTableUrl";
import { PlaceForm } from "./PlaceForm";
import { KINDS, type NamedPlace, namedPlacesQuery, useRefreshPlaces, WAY_LABELS } from "./places";

const kindOf = (place: NamedPlace) => (place.is_watched ? "Watched folder" : (KINDS.find((one) => one.value === place.kind)?.label ?? place.kind));

/** The folders, buckets and hosts that files are imported from, and by whom. */
export function PlacesPage() {
  const places = useQuery(namedPlacesQuery);
  const groups = useQuery(groupsQuery).data;
  const { sort, change } = useTableUrl("name");
  const isLate = useDelayed(places.isPending);
  const nameOf = (id: number) => groups?.find((group) => group.id === id)?.name ?? `group ${id}`;
  const columns: Column<NamedPlace>[] = [
    { key: "name", label: "Name", value: (row) => row.name, width: "16%" },
    { key: "kind", label: "Kind", value: kindOf, width: 124 },
    { key: "location", label: "Place", value: (row) => row.location },
    { key: "ways", label: "Ways", value: (row) => row.ways.map((way) => WAY_LABELS[way]).join(", "), width: 168 },
    { key: "groups", label: "Groups", value: (row) => row.group_ids.map(nameOf).join(", ") || "administrators only", width: "20%" },
  ];
  const rows = places.data && sortRows(places.data, columns, sort);
  const add = () => openDialog("Add a place", (close) => <PlaceForm onClose={close} />);
  return (
    <>
      <div className={classes.bar}>
        <h1>Places</h1>
        {rows && <span className="muted" role="status">{rows.length}</span>}
        <span className={classes.grow} />
        <Button leftSection={<Icon name="plus" size={14} />} onClick={add}>Add place</Button>
      </div>
      {places.error && <Problem error={places.error} onRetry={() => void places.refetch()} />}
      {isLate && <Skeleton height={160} />}
      {rows?.length === 0 && <Empty icon="disk" title="No places yet.">A place is a folder of this server, a bucket or a web host that groups may import from.</Empty>}
      {places.data?.filter((place) => place.strangers?.length).map((place) => (
        <Alert key={place.id} color="gray" variant="light" p="sm" mb="sm">
          Folders in {place.name} that belong to nobody who may import from it: {place.strangers!.join(", ")}. They carry the user name of a member of its groups.
        </Alert>
      ))}
      {!!rows?.length && (
        <DataTable label="Places" columns={columns} rows={rows} keyOf={(row) => row.id} sort={sort} onSort={(next) => change({ sort: next })}
          actionsWidth={150} actions={(row) => <PlaceActions place={row} />} />
      )}
    </>
  );
}

function PlaceActions({ place }: { place: NamedPlace }) {
  const refresh = useRefreshPlaces();
  const remove = useMutation({ mutationFn: () => http.delete(`/roots/${place.id}`), onSuccess: () => say(`${place.name} is no place to import from any more.`), onError: sayError, onSettled: refresh });
  const edit = () => openDialog(`Change ${place.name}`, (close) => <PlaceForm place={place} onClose={close} />);
  const ask = async () => {
    const text = `Nobody imports from ${place.name} any more. Nothing that lies there is touched.`;
    if (await confirm({ title: "Remove place", text, action: "Remove", isDanger: true })) remove.mutate();
  };
  return (
    <>
      <Button size="compact-xs" variant="default" mr={4} aria-label={`Change ${place.name}`} onClick={edit}>Change</Button>
      <Button size="compact-xs" variant="default" loading={remove.isPending} aria-label={`Remove ${place.name}`} onClick={() => void ask()}>Remove</Button>
    </>
  );
}
