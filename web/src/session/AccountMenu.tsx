import { Menu, UnstyledButton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { roomsOf } from "../admin/access";
import { maySudo, useSession, useSignOut, useSwitchGroup, workAsOneself } from "../api/session";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import { askWhom } from "./SudoDialog";
import classes from "./AccountMenu.module.css";

/** Who one is, the group into which new objects go, and the way out. */
export function AccountMenu() {
  const session = useSession();
  const switchGroup = useSwitchGroup();
  const signOut = useSignOut();
  const navigate = useNavigate();
  if (!session) return null;
  const { user, groups } = session;
  const group = groups.find((candidate) => candidate.id === session.group_id);
  const name = [user.first_name, user.last_name].filter(Boolean).join(" ") || user.username;
  const leave = () => signOut.mutate(undefined, { onSuccess: () => void navigate({ to: "/" }), onError: sayError });
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton className={classes.button} aria-label={`Account of ${name}, group ${group?.name ?? "none"}`}>
          <Icon name="user" />
          <span className={classes.text}><span className="truncate">{name}</span><small className="truncate muted">{group?.name}</small></span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Group for new objects</Menu.Label>
        {groups.map((candidate) => (
          <Menu.Item key={candidate.id} role="menuitemradio" aria-checked={candidate.id === session.group_id}
            leftSection={candidate.id === session.group_id ? <Icon name="check" /> : <span style={{ width: 16 }} />}
            rightSection={<small className="muted">{candidate.level}</small>}
            onClick={() => switchGroup.mutate(candidate.id, { onError: sayError })}>
            {candidate.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="user" />} onClick={() => void navigate({ to: "/settings/account" })}>Account and sign-ins</Menu.Item>
        {maySudo(session) && <Menu.Item leftSection={<Icon name="eye" />} onClick={askWhom}>Work as somebody else</Menu.Item>}
        <Menu.Item leftSection={<Icon name="key" />} onClick={() => void navigate({ to: "/settings/tokens" })}>API tokens</Menu.Item>
        <Menu.Item leftSection={<Icon name="link" />} onClick={() => void navigate({ to: "/settings/shares" })}>Shared links</Menu.Item>
        <Menu.Item leftSection={<Icon name="history" />} onClick={() => void navigate({ to: "/history" })}>History</Menu.Item>
        <Menu.Item leftSection={<Icon name="trash" />} onClick={() => void navigate({ to: "/settings/bin" })}>Bin</Menu.Item>
        {roomsOf(session).length > 0 && (
          <Menu.Item leftSection={<Icon name="group" />} onClick={() => void navigate({ to: "/admin" })}>{user.is_admin ? "Administration" : "My groups"}</Menu.Item>
        )}
        <Menu.Item leftSection={<Icon name="back" />} onClick={session.sudo_experimenter_id ? () => void workAsOneself().catch(sayError) : leave}>
          {session.sudo_experimenter_id ? `Stop acting as ${user.username}` : "Sign out"}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
