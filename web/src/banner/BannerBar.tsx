import { ActionIcon } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Icon } from "../ui/icons";
import { type Banner, bannerQuery, isShown } from "./banner";
import classes from "./Banner.module.css";

/** The administrators' message at the top of every page, until it is put away, changed or over. */
export function BannerBar() {
  const { data: banner, dataUpdatedAt } = useQuery(bannerQuery);
  const [putAway, setPutAway] = useLocalStorage<string | null>({ key: "micrarium.banner", defaultValue: null, getInitialValueInEffect: false });
  if (!isShown(banner, putAway, dataUpdatedAt)) return null;
  return <BannerStrip banner={banner} onPutAway={() => setPutAway(banner.set_at)} />;
}

export function BannerStrip({ banner, onPutAway }: { banner: Pick<Banner, "text" | "level">; onPutAway?: () => void }) {
  return (
    <div className={classes.strip} data-level={banner.level} role="status" aria-label="Message to everyone">
      <Icon name={banner.level === "info" ? "info" : "warning"} />
      <p>{banner.text}</p>
      {onPutAway && <ActionIcon size="sm" color="dark" c="inherit" aria-label="Put this message away" onClick={onPutAway}><Icon name="close" size={14} /></ActionIcon>}
    </div>
  );
}
