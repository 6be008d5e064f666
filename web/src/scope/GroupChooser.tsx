import { Menu, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { allGroupsQuery } from "../api/scope";
import { useSession, useSwitchGroup } from "../api/session";
import { Icon, type IconName } from "../ui/icons";
import { sayError } from "../ui/toasts";
import { chooseScope, useScope } from "./scope";
import classes from "./Scope.module.css";

const LEVEL_ICONS: Record<string, IconName> = { private: "lock", "read-only": "eye", "read-annotate": "tag", "read-write": "pencil" };
const LEVEL_WORDS: Record<string, string> = {
  private: "Private", "read-only": "Members look", "read-annotate": "Members annotate", "read-write": "Members edit",
};

/** The group one works in: what is shown, and where new objects go. */
export function GroupChooser() {
  const session = useSession();
  const scope = useScope();
  const switchGroup = useSwitchGroup();
  const everyGroup = useQuery({ ...allGroupsQuery, enabled: session?.user.is_admin === true }).data;
  if (!session) return null;
  const groups = everyGroup ?? session.groups;
  const current = groups.find((group) => group.id === scope.group);
  const choose = (group: number | null) => {
    // Another person need not be a member of the other group; one is oneself everywhere.
    chooseScope(session.user.id, { group, owner: scope.owner === session.user.id ? scope.owner : null });
    const isMember = session.groups.some((candidate) => candidate.id === group);
    if (group !== null && isMember && group !== session.group_id) switchGroup.mutate(group, { onError: sayError });
  };
  const everything = session.user.is_admin ? "All groups" : "All my groups";
  const name = current?.name ?? everything;
  return (
    <Menu position="bottom-start" width={280}>
      <Menu.Target>
        <UnstyledButton className={classes.button} aria-label={`Group: ${name}`}>
          <Icon name={current ? (LEVEL_ICONS[current.level] ?? "group") : "group"} />
          <span className={classes.text}>
            <span className="truncate">{name}</span>
            {current && <small className="truncate muted">{LEVEL_WORDS[current.level] ?? current.level}</small>}
          </span>
          <Icon name="down" size={12} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        <Item label={everything} icon="group" isChosen={scope.group === null} onChoose={() => choose(null)} />
        <Menu.Divider />
        {groups.map((group) => (
          <Item key={group.id} label={group.name} icon={LEVEL_ICONS[group.level] ?? "group"} note={LEVEL_WORDS[group.level] ?? group.level}
            isChosen={group.id === scope.group} onChoose={() => choose(group.id)} />
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Item({ label, icon, note, isChosen, onChoose }: { label: string; icon: IconName; note?: string; isChosen: boolean; onChoose: () => void }) {
  return (
    <Menu.RadioItem value={label} checked={isChosen} closeMenuOnClick onChange={onChoose} rightSection={note && <small className="muted">{note}</small>}>
      <span className={classes.item}><Icon name={icon} /><span className={classes.label}>{label}</span></span>
    </Menu.RadioItem>
  );
}
