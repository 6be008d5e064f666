import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { placeOf } from "../api/base";
import { imageQuery } from "../api/objects";
import { useSession } from "../api/session";
import { wellPlaceQuery } from "../api/plates";
import { ObjectMenu } from "../commands/ObjectMenu";
import { Thumbnail } from "../grid/Thumbnail";
import { HistorySection } from "../history/HistorySection";
import { Problem } from "../ui/Problem";
import { useDelayed } from "../ui/useDelayed";
import { Acquisition } from "./Acquisition";
import { Annotations } from "./Annotations";
import { ChannelList } from "./ChannelList";
import { EditableText } from "./EditableText";
import { Facts } from "./Facts";
import { factsOf } from "./imageFacts";
import { useRenaming } from "./useRenaming";
import classes from "./Inspector.module.css";

export function ImageDetails({ id }: { id: number }) {
  const query = useQuery(imageQuery(id));
  const image = query.data;
  const isVisit = useSession()?.visit !== undefined;
  const renaming = useRenaming({ type: "image", id }, image?.version ?? 0);
  const wellPlace = useQuery(wellPlaceQuery(id, image?.containers?.length === 0));
  const isLate = useDelayed(query.isPending);
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  if (!image) return isLate ? <Waiting /> : null;
  const canEdit = image.permissions?.edit ?? true;
  const isInViewer = placeOf(window.location.pathname).startsWith("/images/");
  const place = wellPlace.data;
  const containers = (image.containers ?? []).filter((container) => ["dataset", "plate"].includes(container.type.toLowerCase()));
  return (
    <>
      <div className={classes.head}>
        {!isInViewer && <Link to={`/images/${id}`} className={classes.preview} aria-label={`Open ${image.name}`}><Thumbnail id={id} size={512} /></Link>}
        <div className={classes.title}>
          <h2 style={{ flex: 1, minWidth: 0 }}>
            <EditableText value={image.name} label="Name" canEdit={canEdit} onSave={(name) => renaming.mutateAsync({ name })} />
          </h2>
          <ObjectMenu refs={[{ type: "image", id }]} name={image.name} />
        </div>
        <EditableText value={image.description ?? ""} label="Description" placeholder="Add a description" isMultiline canEdit={canEdit}
          onSave={(description) => renaming.mutateAsync({ description })} />
      </div>
      <section className={classes.section}>
        <h3>Image</h3>
        <Facts facts={factsOf(image)}>
          {containers.length > 0 && (
            <>
              <dt>In</dt>
              <dd>{containers.map((container) => <div key={`${container.type}-${container.id}`}><Link to={`/${container.type.toLowerCase()}s/${container.id}`}>{container.name}</Link></div>)}</dd>
            </>
          )}
          {place && (
            <>
              <dt>In</dt>
              <dd><Link to={`/plates/${place.plate.id}`}>{place.plate.name}</Link>, well {place.well}, field {place.field}</dd>
            </>
          )}
        </Facts>
      </section>
      <ChannelList channels={image.channels ?? []} />
      <Acquisition id={id} hasFiles={typeof image.fileset_id === "number" && !isVisit} />
      <Annotations subject={{ type: "image", id }} canAnnotate={image.permissions?.annotate ?? true} />
      <HistorySection subject={{ type: "image", id }} />
    </>
  );
}

export function Waiting() {
  return <div className={classes.section} aria-busy="true">{Array.from({ length: 8 }, (_, index) => <Skeleton key={index} height={16} mb={8} />)}</div>;
}
