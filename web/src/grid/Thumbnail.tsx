import { useState } from "react";
import { Icon } from "../ui/icons";
import { useThumbnailUrl } from "./thumbnails";
import classes from "./ImageGrid.module.css";

export function Thumbnail({ id, size }: { id: number; size: number }) {
  const url = useThumbnailUrl(id, size);
  const [failedUrl, setFailedUrl] = useState("");
  return (
    <span className={classes.frame}>
      {failedUrl === url
        ? <span className={classes.failed} title="No preview could be made."><Icon name="image" size={20} /></span>
        : <img key={url} src={url} alt="" loading="lazy" decoding="async" draggable={false} onError={() => setFailedUrl(url)} />}
    </span>
  );
}
