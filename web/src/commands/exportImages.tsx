import { errorOf, followJob } from "../api/jobs";
import { http } from "../api/http";
import { nameOf } from "../api/objects";
import type { Job, ObjectType } from "../api/types";
import { say } from "../ui/toasts";
import type { Command } from "./types";

function exportCommand(format: "ome-zarr" | "ome-tiff", label: string, types: ObjectType[]): Command {
  return {
    name: `export-${format}`, label: `Export as ${label}`, icon: "download",
    when: (refs) => refs.length === 1 && types.includes(refs[0]!.type),
    perform: async (refs, name, { client }) => {
      const job = await http.post<Job>("/exports", { object: nameOf(refs[0]!), format });
      say(`Writing ${label} of ${name}. The download starts when it is ready.`);
      void client.invalidateQueries({ queryKey: ["jobs"] });
      const done = await followJob(job.id);
      void client.invalidateQueries({ queryKey: ["jobs"] });
      if (done.state !== "done" || !done.result?.download) throw new Error(errorOf(done));
      startDownload(done.result.download);
      say(<>{label} of {name} is ready. <a href={done.result.download} download>Download again</a></>);
    },
  };
}

export const exportOmeZarr = exportCommand("ome-zarr", "OME-Zarr", ["image", "plate"]);
export const exportOmeTiff = exportCommand("ome-tiff", "OME-TIFF", ["image"]);

export function startDownload(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
