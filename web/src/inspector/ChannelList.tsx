import type { ChannelInfo } from "../api/types";
import classes from "./Inspector.module.css";

export function ChannelList({ channels }: { channels: ChannelInfo[] }) {
  if (channels.length === 0) return null;
  return (
    <section className={classes.section}>
      <h3>Channels</h3>
      <ul className={classes.channels}>
        {[...channels].sort((a, b) => a.channel_index - b.channel_index).map((channel) => (
          <li key={channel.channel_index}>
            <span className={classes.dot} style={{ background: channel.color ? `#${channel.color.slice(0, 6)}` : "transparent" }} />
            <span className="truncate" style={{ flex: 1 }}>{channel.name || channel.fluor || `Channel ${channel.channel_index + 1}`}</span>
            <span className="muted">{wavelengths(channel)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function wavelengths({ excitation_wave, emission_wave }: ChannelInfo): string {
  const parts = [];
  if (excitation_wave) parts.push(`ex ${Math.round(excitation_wave)} nm`);
  if (emission_wave) parts.push(`em ${Math.round(emission_wave)} nm`);
  return parts.join(", ");
}
