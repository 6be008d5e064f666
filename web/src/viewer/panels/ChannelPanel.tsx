import { Button, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { http } from "../../api/http";
import { renderingQuery } from "../../api/rendering";
import type { RenderingSettings } from "../../api/types";
import { useSession } from "../../api/session";
import { markThumbnailChanged } from "../../grid/thumbnails";
import { say, sayError } from "../../ui/toasts";
import type { ViewControls } from "../useViewState";
import { isSameView } from "../viewUrl";
import { ChannelRow } from "./ChannelRow";
import classes from "../Viewer.module.css";

export function ChannelPanel({ id, controls, saved, isShown }: { id: number; controls: ViewControls; saved: RenderingSettings; isShown: boolean }) {
  const isVisit = useSession()?.visit !== undefined;
  const client = useQueryClient();
  const { view, changeChannel, changeSettings } = controls;
  const now: RenderingSettings = { ...view.settings, default_z: view.z, default_t: view.t };
  const isChanged = !isSameView(now, saved) || now.default_z !== saved.default_z || now.default_t !== saved.default_t;
  const save = useMutation({
    mutationFn: () => http.put<RenderingSettings>(`/images/${id}/rendering`, now),
    onSuccess: (answer) => {
      client.setQueryData(renderingQuery(id).queryKey, answer?.channels ? answer : now);
      markThumbnailChanged(id);
      say("Settings saved. The thumbnail follows them.");
    },
    onError: sayError,
  });
  const forget = useMutation({
    mutationFn: async () => {
      await http.delete(`/images/${id}/rendering`);
      return client.fetchQuery({ ...renderingQuery(id), staleTime: 0 });
    },
    onSuccess: (answer) => {
      changeSettings({ model: answer.model, channels: answer.channels });
      markThumbnailChanged(id);
    },
    onError: sayError,
  });
  const active = view.settings.channels.filter((channel) => channel.active).length;
  return (
    <aside className={classes.channels} aria-label="Channels">
      <div className={classes.channelList}>
        {view.settings.channels.map((channel) => (
          <ChannelRow key={channel.index} id={id} view={view} channel={channel} isShown={isShown} onChange={(part) => changeChannel(channel.index, part)} />
        ))}
        {active === 0 && <p className="muted" style={{ padding: "0 12px" }}>No channel is on: the picture is black.</p>}
      </div>
      <div className={classes.channelFoot}>
        {!isVisit && <Button flex={1} onClick={() => save.mutate()} loading={save.isPending} disabled={!isChanged}>Save</Button>}
        <Tooltip label="Back to the saved settings">
          <Button variant="default" disabled={!isChanged}
            onClick={() => changeSettings({ model: saved.model, channels: saved.channels })}>Revert</Button>
        </Tooltip>
        <Tooltip label="Forget my settings, use those of the import">
          <Button variant="default" loading={forget.isPending} onClick={() => forget.mutate()}>Reset</Button>
        </Tooltip>
      </div>
    </aside>
  );
}
