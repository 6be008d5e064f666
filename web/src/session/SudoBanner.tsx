import { Button } from "@mantine/core";
import { useSession, workAsOneself } from "../api/session";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import classes from "./SudoBanner.module.css";

/** Says, on every page, that one works as somebody else. */
export function SudoBanner() {
  const session = useSession();
  if (!session || session.sudo_experimenter_id === null) return null;
  const { user } = session;
  const name = [user.first_name, user.last_name].filter(Boolean).join(" ") || user.username;
  return (
    <div className={classes.banner} role="status">
      <Icon name="eye" />
      <span>You work as <strong>{name}</strong>. What you do is recorded with both your names.</span>
      <Button variant="default" onClick={() => void workAsOneself().catch(sayError)}>Be yourself again</Button>
    </div>
  );
}
