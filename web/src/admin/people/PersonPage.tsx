import { Badge, Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useSession, workAs } from "../../api/session";
import { useRouteId } from "../../shell/location";
import { openDialog } from "../../ui/dialogs";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { Problem } from "../../ui/Problem";
import { sayError } from "../../ui/toasts";
import { useDelayed } from "../../ui/useDelayed";
import { may, roleOf } from "../access";
import classes from "../Admin.module.css";
import { nameOf, peopleQuery } from "../data";
import { PersonForm } from "./PersonForm";
import { PersonGroups } from "./PersonGroups";
import { PersonSessions } from "./PersonSessions";
import { SetPassword } from "./SetPassword";

/** One person: profile and rights, groups, and the browsers they are signed in with. */
export function PersonPage() {
  const id = useRouteId();
  const people = useQuery(peopleQuery);
  const session = useSession();
  const isLate = useDelayed(people.isPending);
  const act = useMutation({ mutationFn: (username: string) => workAs(username), onError: sayError });
  if (people.error) return <Problem error={people.error} onRetry={() => void people.refetch()} />;
  if (!people.data) return isLate ? <Skeleton height={240} mt="lg" /> : null;
  const person = people.data.find((candidate) => candidate.id === id);
  if (!person) return <Empty icon="user" title="There is no such person."><Link to="/admin/people">See everyone</Link></Empty>;
  const isSelf = person.id === session?.user.id;
  return (
    <>
      <div className={classes.bar}>
        <Link to="/admin/people" className={classes.crumb}><Icon name="back" size={14} />People</Link>
        <h1 className="truncate">{nameOf(person)}</h1>
        {!person.is_active && <Badge variant="light" color="gray" tt="none" fw={500}>Switched off</Badge>}
        {person.is_admin && <Badge variant="light" color="accent" tt="none" fw={500}>{roleOf(person)}</Badge>}
        <span className={classes.grow} />
        {may(session, "ModifyUser") && (
          <Button variant="default" onClick={() => openDialog(`Password of ${nameOf(person)}`, (close) => <SetPassword person={person} isSelf={isSelf} onClose={close} />)}>Set password</Button>
        )}
        {may(session, "Sudo") && !isSelf && person.is_active && !session?.sudo_experimenter_id && (
          <Button variant="default" loading={act.isPending} onClick={() => act.mutate(person.ome_name)}>Act as {person.first_name || person.ome_name}</Button>
        )}
      </div>
      <PersonForm key={`${person.id} ${person.version}`} person={person} isSelf={isSelf} isReadOnly={!may(session, "ModifyUser")} />
      <PersonGroups person={person} />
      {(isSelf || may(session, "ReadSession")) && <PersonSessions person={person} />}
    </>
  );
}

