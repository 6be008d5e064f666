import { Button } from "@mantine/core";
import { useSession, workAsOneself } from "../api/session";
import { sayError } from "../ui/toasts";
import classes from "../banner/Banner.module.css";
import { Icon } from "../ui/icons";

/** Says all the time in whose name an administrator works, and leads back. */
export function SudoBar() {
  const session = useSession();
  if (!session?.sudo_experimenter_id) return null;
  const { user } = session;
  const name = [user.first_name, user.last_name].filter(Boolean).join(" ") || user.username;
  return (
    <div className={classes.strip} data-level="warning" role="status" aria-label="Acting as somebody else" style={{ alignItems: "center" }}>
      <Icon name="user" />
      <p>You act as <strong>{name}</strong>. What you do is recorded in both your names.</p>
      <Button size="compact-xs" variant="default" onClick={() => void workAsOneself().catch(sayError)}>Stop</Button>
    </div>
  );
}
