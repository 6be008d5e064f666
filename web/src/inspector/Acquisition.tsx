import { UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { acquisitionQuery } from "../api/acquisition";
import history from "../history/History.module.css";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { channelAcquisition, imageAcquisition } from "./acquisitionFacts";
import { Facts } from "./Facts";
import { OriginalMetadata } from "./OriginalMetadata";
import { Planes } from "./Planes";
import inspector from "./Inspector.module.css";

/** How an image was acquired, as its file says; read once somebody wants to know. */
export function Acquisition({ id, hasFiles }: { id: number; hasFiles: boolean }) {
  return (
    <>
      <Opening title="Acquisition"><Settings id={id} /></Opening>
      {hasFiles && <Opening title="Original metadata"><OriginalMetadata id={id} /></Opening>}
    </>
  );
}

function Opening({ title, children }: { title: string; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section className={inspector.section} aria-label={title}>
      <h3>
        <UnstyledButton className={history.toggle} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}><Icon name="chevron" size={10} />{title}</UnstyledButton>
      </h3>
      {isOpen && children}
    </section>
  );
}

function Settings({ id }: { id: number }) {
  const query = useQuery(acquisitionQuery(id));
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  const image = query.data;
  if (!image) return null;
  const facts = imageAcquisition(image);
  const channels = image.acquisition.channels
    .map((channel) => ({ channel, facts: channelAcquisition(channel, image.instrument), info: image.channels?.find((one) => one.channel_index === channel.channel_index) }))
    .filter((one) => one.facts.length > 0);
  const { pixels } = image;
  const isMany = pixels ? (pixels.size_t * pixels.size_z * pixels.size_c) / (pixels.samples ?? 1) > 100_000 : false;
  const hasPlanes = image.acquisition.plane_count > 0 || isMany;
  if (facts.length === 0 && channels.length === 0 && !hasPlanes) return <span className="muted">The file says nothing more.</span>;
  return (
    <>
      {facts.length > 0 && <Facts facts={facts} />}
      {channels.map(({ channel, facts: said, info }) => (
        <div key={channel.channel_index} className={inspector.acquired}>
          <h4>
            <span className={inspector.dot} style={{ background: info?.color ? `#${info.color.slice(0, 6)}` : "transparent" }} />
            <span className="truncate">{info?.name || info?.fluor || `Channel ${channel.channel_index + 1}`}</span>
          </h4>
          <Facts facts={said} />
        </div>
      ))}
      {hasPlanes && <Planes id={id} channels={image.channels ?? []} times={pixels?.size_t ?? 1} />}
    </>
  );
}
