import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { useSession } from "../api/session";
import { Header } from "../shell/Header";
import shell from "../shell/Workspace.module.css";
import { Empty } from "../ui/Empty";
import { Icon } from "../ui/icons";
import { type RoomName, roomsOf } from "./access";
import classes from "./Admin.module.css";

/** The console: its rooms at the left, the chosen one beside them. */
export function AdminFrame() {
  const rooms = roomsOf(useSession());
  return (
    <div className={shell.page}>
      <Header />
      {rooms.length === 0
        ? <main className={shell.grow}><NotForYou /></main>
        : <div className={classes.frame}>
            <nav className={classes.nav} aria-label="Administration">
              <h2>Administration</h2>
              {rooms.map((room) => <Link key={room.name} to={`/admin/${room.name}`}><Icon name={room.icon} />{room.label}</Link>)}
            </nav>
            <main className={classes.main}><Outlet /></main>
          </div>}
    </div>
  );
}

/** What /admin itself shows: the first room. */
export function AdminStart() {
  const first = roomsOf(useSession())[0]?.name;
  const navigate = useNavigate();
  useEffect(() => {
    if (first) void navigate({ to: `/admin/${first}`, replace: true });
  }, [first, navigate]);
  return null;
}

/** A room's page for those who may enter it. */
export function Guarded({ room, children }: { room: RoomName; children: ReactNode }) {
  const isOpen = roomsOf(useSession()).some((candidate) => candidate.name === room);
  return isOpen ? children : <NotForYou />;
}

export function NotForYou() {
  return (
    <Empty icon="key" title="This page is not for you.">
      It is for administrators; groups are also managed by their owners. Ask an administrator if you need something from here.
      <div style={{ marginTop: 12 }}><Link to="/">Go to the start page</Link></div>
    </Empty>
  );
}
