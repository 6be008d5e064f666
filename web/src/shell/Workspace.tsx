import { SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";
import { selection } from "../grid/selection";
import { Inspector } from "../inspector/Inspector";
import { Header } from "./Header";
import { SidePane } from "./SidePane";
import classes from "./Workspace.module.css";

/** The three panes: where things are, what is there, and what is known about it. */
export function Workspace() {
  const { pathname, searchStr } = useLocation();
  const layout = useDefaultLayout({ id: "workspace", storage: localStorage });
  const isNarrow = useMediaQuery("(max-width: 760px)", false, { getInitialValueInEffect: false });
  useEffect(() => selection.set({ ids: [], anchor: null, focus: null }), [pathname, searchStr]);
  if (isNarrow) return <NarrowWorkspace key={pathname} />;
  return (
    <div className={classes.page}>
      <Header />
      <Group orientation="horizontal" className={classes.panes} defaultLayout={layout.defaultLayout} onLayoutChanged={layout.onLayoutChanged}>
        <Panel id="tree" defaultSize="240px" minSize="160px" maxSize="480px" groupResizeBehavior="preserve-pixel-size">
          <nav className={classes.pane} aria-label="Projects and screens"><SidePane /></nav>
        </Panel>
        <Separator className={classes.separator} aria-label="Width of the tree" />
        <Panel id="content" minSize="240px">
          <main className={classes.pane}><Outlet /></main>
        </Panel>
        <Separator className={classes.separator} aria-label="Width of the inspector" />
        <Panel id="inspector" defaultSize="320px" minSize="240px" maxSize="560px" groupResizeBehavior="preserve-pixel-size">
          <aside className={classes.pane} aria-label="Inspector"><Inspector /></aside>
        </Panel>
      </Group>
    </div>
  );
}

/** On a phone, or in a narrow window, one pane at a time; a new address shows what is there. */
function NarrowWorkspace() {
  const [shown, setShown] = useState("content");
  return (
    <div className={classes.page}>
      <Header />
      <div className={classes.panes}>
        {shown === "tree" && <nav className={classes.pane} aria-label="Projects and screens"><SidePane /></nav>}
        {shown === "content" && <main className={classes.pane}><Outlet /></main>}
        {shown === "inspector" && <aside className={classes.pane} aria-label="Inspector"><Inspector /></aside>}
      </div>
      <SegmentedControl fullWidth radius={0} value={shown} onChange={setShown} aria-label="What is shown"
        data={[{ value: "tree", label: "Projects" }, { value: "content", label: "Images" }, { value: "inspector", label: "Details" }]} />
    </div>
  );
}
