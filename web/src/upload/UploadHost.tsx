import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, useEffect, useRef, useState } from "react";
import { containerQuery } from "../api/objects";
import { useContainer } from "../shell/location";
import { Icon } from "../ui/icons";
import { useStore } from "../ui/store";
import { sayError } from "../ui/toasts";
import { targetAt, withDataset } from "./dropTarget";
import { entriesOfDrop, filesOfEntries, filesOfInput, type PickedFile } from "./entries";
import type { Target } from "./machine";
import { batches, startUpload } from "./runner";
import { isOver } from "./machine";
import { ReviewDialog } from "./ReviewDialog";
import { UploadPanel } from "./UploadPanel";
import classes from "./Upload.module.css";

/** Takes files wherever they are dropped, and shows what becomes of them. */
export function UploadHost() {
  const client = useQueryClient();
  const place = useContainer();
  const container = useQuery({ ...containerQuery(place?.type ?? "dataset", place?.id ?? 0), enabled: place !== null });
  const placeName = container.data?.name ?? "";
  const [target, setTarget] = useState<Target | null>(null);
  const running = useStore(batches).some((batch) => !isOver(batch));
  const start = (picked: PickedFile[], into: Target) => {
    const today = new Date().toISOString().slice(0, 10);
    startUpload(picked, withDataset(into, picked.map((one) => one.path), today), client);
  };
  const latest = useRef({ place, placeName, start });
  useEffect(() => {
    latest.current = { place, placeName, start };
  });
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const targetOfEvent = (event: DragEvent) => targetAt(event.target as Element | null, latest.current.place, latest.current.placeName);
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.dataTransfer!.dropEffect = "copy";
      setTarget(targetOfEvent(event));
    };
    const onLeave = (event: DragEvent) => event.relatedTarget === null && setTarget(null);
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setTarget(null);
      const into = targetOfEvent(event);
      filesOfEntries(entriesOfDrop(event.dataTransfer!)).then((picked) => latest.current.start(picked, into), sayError);
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
    };
  }, []);
  useEffect(() => {
    if (!running) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [running]);
  const onChosen = (event: ChangeEvent<HTMLInputElement>) => {
    start(filesOfInput(event.currentTarget.files!), targetAt(null, place, placeName));
    event.currentTarget.value = "";
  };
  return (
    <>
      <input id="upload-files" type="file" multiple hidden onChange={onChosen} aria-label="Files to import" />
      <input id="upload-folder" type="file" multiple hidden onChange={onChosen} aria-label="Folder to import" {...{ webkitdirectory: "" }} />
      {target && (
        <div className={classes.overlay} aria-hidden="true">
          <div><Icon name="upload" size={28} />Drop to import into {target.label}</div>
        </div>
      )}
      <UploadPanel />
      <ReviewDialog />
    </>
  );
}
