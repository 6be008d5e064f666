import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { childrenQuery } from "../api/objects";
import { useSession } from "../api/session";
import { createContainer } from "../commands/createContainer";
import { useCommandContext } from "../commands/useCommandContext";
import { ObjectMenu } from "../commands/ObjectMenu";
import { pageOf } from "../shell/location";
import { Empty } from "../ui/Empty";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { useDelayed } from "../ui/useDelayed";
import shell from "../shell/Workspace.module.css";
import classes from "./ChildrenView.module.css";

interface Props { type: "project" | "screen"; id: number; name: string }

/** What a project or a screen holds, as a list. */
export function ChildrenView({ type, id, name }: Props) {
  const children = useQuery(childrenQuery({ type, id }));
  const context = useCommandContext();
  const isVisit = useSession()?.visit !== undefined;
  const isLate = useDelayed(children.isPending);
  const child = type === "project" ? "dataset" : "plate";
  const count = children.data?.items.length;
  return (
    <>
      <div className={shell.toolbar}>
        <h1 className="truncate" title={name}>{name}</h1>
        {count !== undefined && <span className="muted">{count} {count === 1 ? child : `${child}s`}</span>}
        <span className={shell.grow} />
        {type === "project" && !isVisit && <Button variant="default" onClick={() => void createContainer(context, "dataset", id)}>New dataset</Button>}
        <ObjectMenu refs={[{ type, id }]} name={name} />
      </div>
      {children.error && <Problem error={children.error} onRetry={() => void children.refetch()} />}
      {isLate && <div className={classes.list} aria-busy="true">{Array.from({ length: 6 }, (_, index) => <Skeleton key={index} height={40} mb={4} />)}</div>}
      {count === 0 && (
        <Empty icon={child} title={type === "project" ? "This project has no datasets yet." : "This screen has no plates yet."}>
          {!isVisit && (type === "project" ? "Make one, then drop files onto it." : "Import a plate to see it here.")}
        </Empty>
      )}
      {!!count && (
        <ul className={`${classes.list} scroll`}>
          {children.data!.items.map((item) => (
            <li key={item.id}>
              <Link to={pageOf({ type: child, id: item.id })} className={classes.item}>
                <Icon name={child} />
                <span className="truncate" style={{ flex: 1 }}>{item.name}</span>
                {item.child_count !== undefined && <span className="muted">{item.child_count.toLocaleString("en")} {type === "project" ? "images" : "wells"}</span>}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
