import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { Link, useCanGoBack } from "@tanstack/react-router";
import type { MouseEvent } from "react";
import { ObjectMenu } from "../../commands/ObjectMenu";
import { Icon } from "../../ui/icons";
import type { ViewerContext } from "../Viewer";
import { viewerCommands } from "../viewerCommands";
import classes from "../Viewer.module.css";

interface Props { id: number; name?: string; containers?: { type: string; id: number; name: string }[]; context: ViewerContext }

export function ViewerToolbar({ id, name, containers, context }: Props) {
  const home = containers?.find((container) => ["dataset", "plate"].includes(container.type.toLowerCase()));
  const canGoBack = useCanGoBack();
  const back = home ? `/${home.type.toLowerCase()}s/${home.id}` : "/";
  // Where one came from, with its scroll and search, is better than where the image lives.
  const goBack = (event: MouseEvent) => {
    if (!canGoBack || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    window.history.back();
  };
  return (
    <header className={classes.bar}>
      <Tooltip label={home ? `Back to ${home.name}` : "Back to the images"}>
        <ActionIcon component={Link} to={back} onClick={goBack} aria-label={home ? `Back to ${home.name}` : "Back to the images"}><Icon name="back" /></ActionIcon>
      </Tooltip>
      <div className={classes.name}>
        <h1 className="truncate" title={name}>{name ?? ""}</h1>
        <span className="muted">image:{id}</span>
      </div>
      <div role="toolbar" aria-label="View" style={{ display: "flex", gap: 2, alignItems: "center" }}>
        {viewerCommands.filter((command) => !command.isHidden && (!command.when || command.when(context))).map((command) => {
          const isOn = command.isOn?.(context);
          const label = command.label(context);
          const shared = { "aria-label": label, "aria-pressed": isOn, onClick: () => command.perform(context), variant: isOn ? "light" : "subtle", color: isOn ? "accent" : "gray" } as const;
          return (
            <Tooltip key={command.name} label={`${label} (${command.shortcut[0]})`}>
              {command.icon ? <ActionIcon {...shared}><Icon name={command.icon} /></ActionIcon> : <Button size="compact-xs" {...shared}>{command.text}</Button>}
            </Tooltip>
          );
        })}
        <ObjectMenu refs={[{ type: "image", id }]} name={name ?? ""} />
      </div>
    </header>
  );
}
