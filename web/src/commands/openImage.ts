import { placeOf } from "../api/base";
import type { Command } from "./types";

export const openImage: Command = {
  name: "open", label: "Open", icon: "eye",
  when: (refs) => refs.length === 1 && refs[0]!.type === "image" && !placeOf(window.location.pathname).startsWith("/images/"),
  perform: (refs, _name, { go }) => go(`/images/${refs[0]!.id}`),
};
