import { API } from "../api/http";
import { startDownload } from "./exportImages";
import type { Command } from "./types";

export const downloadOriginal: Command = {
  name: "download-original", label: "Download original", icon: "download",
  when: (refs) => refs.length === 1 && refs[0]!.type === "image",
  perform: (refs) => startDownload(`${API}/images/${refs[0]!.id}/original`),
};
