import type { Session } from "../api/types";
import type { IconName } from "../ui/icons";

/** What an administrator may be given to do, in the words of this page; the names are OMERO's. */
export const PRIVILEGES: { name: string; label: string }[] = [
  { name: "ModifyUser", label: "Make and change accounts" },
  { name: "ModifyGroup", label: "Make and change groups" },
  { name: "ModifyGroupMembership", label: "Add and remove members" },
  { name: "Sudo", label: "Work as somebody else" },
  { name: "ReadSession", label: "See who is signed in" },
  { name: "WriteOwned", label: "Change the data of others" },
  { name: "DeleteOwned", label: "Delete the data of others" },
  { name: "Chgrp", label: "Move data to another group" },
  { name: "Chown", label: "Give data to another owner" },
  { name: "WriteFile", label: "Write files" },
  { name: "DeleteFile", label: "Delete files" },
  { name: "WriteManagedRepo", label: "Write imported originals" },
  { name: "DeleteManagedRepo", label: "Delete imported originals" },
  { name: "WriteScriptRepo", label: "Write scripts" },
  { name: "DeleteScriptRepo", label: "Delete scripts" },
];

/** Whether somebody may do what takes a privilege: an administrator without a list may do all. */
export function may(session: Session | null, privilege: string): boolean {
  if (!session?.user.is_admin) return false;
  const given = session.user.privileges;
  return given === null || given === undefined || given.includes(privilege);
}

export const ownsGroup = (session: Session | null, groupId: number): boolean =>
  !!session?.groups.some((group) => group.id === groupId && group.is_owner);

export type RoomName = "people" | "groups" | "jobs" | "disk" | "custody" | "messages" | "places" | "classrooms" | "settings" | "logs";
/** `needs` are the privileges without which a room has nothing to show; `isForAll` is one for those who may do everything. */
export interface Room { name: RoomName; label: string; icon: IconName; needs?: string[]; isForAll?: boolean }
const ROOMS: Room[] = [
  { name: "people", label: "People", icon: "user" },
  { name: "groups", label: "Groups", icon: "group" },
  { name: "jobs", label: "Jobs", icon: "jobs" },
  { name: "disk", label: "Disk use", icon: "disk" },
  { name: "custody", label: "Custody", icon: "check" },
  { name: "messages", label: "Messages", icon: "mail", needs: ["ModifyUser"] },
  { name: "places", label: "Places", icon: "project", isForAll: true },
  { name: "classrooms", label: "Class rooms", icon: "screen", needs: ["ModifyUser", "ModifyGroup", "ModifyGroupMembership"] },
  { name: "settings", label: "Health and settings", icon: "info" },
  { name: "logs", label: "Log", icon: "log", needs: ["ReadSession"] },
];

/** The rooms of the console somebody may enter: an administrator those of their privileges, who owns a group the groups. */
export function roomsOf(session: Session | null): Room[] {
  if (session?.user.is_admin) return ROOMS.filter((room) => (room.needs ?? []).every((privilege) => may(session, privilege)) && !(room.isForAll && session.user.privileges));
  return session?.groups.some((group) => group.is_owner) ? ROOMS.filter((room) => room.name === "groups") : [];
}

/** What an administrator may do, in a few words; with a list of privileges, how many. */
export function roleOf(person: { is_admin?: boolean | null; privileges?: string[] | null }): string {
  if (!person.is_admin) return "";
  if (!person.privileges) return "Administrator";
  return person.privileges.length === 0 ? "Sees everything" : `Administrator (${person.privileges.length})`;
}
