import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { nameOfOwner, type Owner, ownersQuery } from "../api/scope";
import { useSession } from "../api/session";
import { Icon } from "../ui/icons";
import { chooseScope, useScope } from "./scope";
import classes from "./Scope.module.css";

/** Whose data the tree shows: one's own, a member's, or everybody's. */
export function MemberChooser() {
  const session = useSession();
  const scope = useScope();
  const owners = useQuery(ownersQuery(scope.group)).data;
  if (!session || !owners) return null;
  const known = owners.some((owner) => owner.id === scope.owner);
  // Alone, there is nobody to choose; but what was chosen elsewhere can always be undone.
  if (owners.length < 2 && scope.owner === null) return null;
  const data = [
    { value: "all", label: "All members" },
    ...owners.map((owner) => ({ value: String(owner.id), label: labelOf(owner, owner.id === session.user.id) })),
    ...(scope.owner !== null && !known ? [{ value: String(scope.owner), label: `Person ${scope.owner}` }] : []),
  ];
  return (
    <div className={classes.members}>
      <Select aria-label="Whose data" data={data} value={scope.owner === null ? "all" : String(scope.owner)} allowDeselect={false} searchable={data.length > 12}
        leftSection={<Icon name="user" size={14} />} comboboxProps={{ transitionProps: { duration: 0 } }} nothingFoundMessage="Nobody of that name"
        onChange={(value) => value && chooseScope(session.user.id, { group: scope.group, owner: value === "all" ? null : Number(value) })} />
    </div>
  );
}

function labelOf(owner: Owner, isMe: boolean): string {
  const images = owner.counts.images ?? 0;
  return `${nameOfOwner(owner)}${isMe ? " (me)" : ""} · ${images.toLocaleString("en")} ${images === 1 ? "image" : "images"}`;
}
