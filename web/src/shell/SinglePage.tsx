import type { ReactNode } from "react";
import { Header } from "./Header";
import classes from "./Workspace.module.css";

/** A page without panes, for lists and settings. */
export function SinglePage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes.page}>
      <Header />
      <main className={classes.single}>
        <div className={classes.column}>
          <h1>{title}</h1>
          {children}
        </div>
      </main>
    </div>
  );
}
