import type { ReactNode } from "react";
import { Icon, type IconName } from "./icons";
import classes from "./Message.module.css";

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className={classes.message}>
      <Icon name={icon} size={28} />
      <p className={classes.title}>{title}</p>
      {children && <div className="muted">{children}</div>}
    </div>
  );
}
