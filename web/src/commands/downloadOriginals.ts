import { API } from "../api/http";
import { plural } from "../api/objects";
import { startDownload } from "./exportImages";
import type { Command } from "./types";

/** The original files of all that a container holds, as one zip with the names and folders they were imported with. */
export const downloadOriginals: Command = {
  name: "download-originals", label: "Download originals", icon: "download",
  when: (refs) => refs.length === 1 && refs[0]!.type !== "image",
  perform: (refs) => startDownload(`${API}/${plural(refs[0]!.type)}/${refs[0]!.id}/originals`),
};
