import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useSession } from "../../api/session";
import { useRouteId } from "../../shell/location";
import { openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { useDelayed } from "../../ui/useDelayed";
import { may, ownsGroup } from "../access";
import classes from "../Admin.module.css";
import { groupsQuery } from "../data";
import { ChangeLevel } from "./ChangeLevel";
import { GroupForm } from "./GroupForm";
import { GroupMembers } from "./GroupMembers";
import { meaningOf } from "./levels";

/** One group: name, how open it is, and who is in it. */
export function GroupPage() {
  const id = useRouteId();
  const groups = useQuery(groupsQuery);
  const session = useSession();
  const isLate = useDelayed(groups.isPending);
  if (groups.error) return <Problem error={groups.error} onRetry={() => void groups.refetch()} />;
  if (!groups.data) return isLate ? <Skeleton height={240} mt="lg" /> : null;
  const group = groups.data.find((candidate) => candidate.id === id);
  const isOwner = ownsGroup(session, id);
  if (!group || !(isOwner || session?.user.is_admin)) {
    return <Empty icon="group" title="There is no such group, or you do not own it."><Link to="/admin/groups">See the groups</Link></Empty>;
  }
  const isChanging = isOwner || may(session, "ModifyGroup");
  return (
    <>
      <div className={classes.bar}>
        <Link to="/admin/groups" className={classes.crumb}><Icon name="back" size={14} />Groups</Link>
        <h1 className="truncate">{group.name}</h1>
      </div>
      <GroupForm key={`${group.id} ${group.version}`} group={group} isReadOnly={!isChanging} />
      <section className={classes.section} aria-label="Level">
        <header>
          <h2>Level</h2>
          {isChanging && (
            <Button variant="default" onClick={() => openDialog(`Level of ${group.name}`, (close) => <ChangeLevel group={group} onClose={close} />)}>Change level</Button>
          )}
        </header>
        <strong>{group.level}</strong>
        <div className="muted">{meaningOf(group.level)}</div>
      </section>
      <GroupMembers group={group} isChanging={isOwner || may(session, "ModifyGroupMembership")} />
    </>
  );
}
