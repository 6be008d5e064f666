import { useContainer } from "../shell/location";
import { selection } from "../grid/selection";
import type { ObjectRef } from "../api/types";
import { Empty } from "../ui/Empty";
import { useStore } from "../ui/store";
import { ContainerDetails } from "./ContainerDetails";
import { ImageDetails } from "./ImageDetails";
import { ManyImages } from "./ManyImages";
import classes from "./Inspector.module.css";

/** What is known about what is chosen: one image, several, or else the place one is in. */
export function Inspector() {
  const { ids } = useStore(selection);
  const place = useContainer();
  if (ids.length > 1) return <ManyImages ids={ids} />;
  const subject: ObjectRef | null = ids.length === 1 ? { type: "image", id: ids[0]! } : place;
  if (!subject) return <Empty icon="info" title="Choose an image to see what is known about it." />;
  return <InspectorPanel subject={subject} className={classes.fill} />;
}

export function InspectorPanel({ subject, className = "" }: { subject: ObjectRef; className?: string }) {
  const key = `${subject.type}:${subject.id}`;
  return (
    <div className={`${classes.panel} ${className} scroll`}>
      {subject.type === "image" ? <ImageDetails key={key} id={subject.id} /> : <ContainerDetails key={key} type={subject.type} id={subject.id} />}
    </div>
  );
}
