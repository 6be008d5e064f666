import { BASE } from "../api/base";
import { say } from "../ui/toasts";
import type { Command } from "./types";

export const copyZarrLink: Command = {
  name: "copy-zarr-link", label: "Copy OME-Zarr link", icon: "link",
  when: (refs) => refs.length === 1 && (refs[0]!.type === "image" || refs[0]!.type === "plate"),
  perform: async (refs) => {
    const { type, id } = refs[0]!;
    const link = new URL(`${BASE}/zarr/${type}s/${id}.ome.zarr`, window.location.href).href;
    await copyText(link);
    say(`Copied ${link}`);
  },
};

/** Copies text, also on pages without HTTPS, where browsers offer no clipboard. */
export async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (!isCopied) throw new Error(`The browser does not allow copying. The link is ${text}`);
}
