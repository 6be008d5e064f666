import type { QueryClient } from "@tanstack/react-query";
import { API, csrfHeader, http, problemOf, ProblemError, withQuery } from "../api/http";
import { errorOf, followJob } from "../api/jobs";
import type { ImportPreview, Job, Upload } from "../api/types";
import { createStore } from "../ui/store";
import { digestOf } from "./digest";
import type { PickedFile } from "./entries";
import { type Batch, type Choices, type Event, type Instruction, isOver, newBatch, step, type Target } from "./machine";
import { findSame, forgetRemembered, readRemembered, remember } from "./remembered";
import { isReviewing, reviewed } from "./review";

/** All uploads of this page, the newest last. */
export const batches = createStore<Batch[]>([]);
const contents = new Map<string, Map<string, File>>();
let lastKey = 0;

/** Starts uploading files, or goes on with an upload of the same files that was interrupted. */
export function startUpload(picked: PickedFile[], target: Target, client: QueryClient): void {
  if (picked.length === 0) return;
  const files = picked.map(({ path, file }) => ({ path, size: file.size }));
  const known = findSame(readRemembered(), files);
  const isBusy = batches.get().some((batch) => batch.uploadId === known?.uploadId && !isOver(batch));
  const key = `upload-${++lastKey}`;
  contents.set(key, new Map(picked.map(({ path, file }) => [path, file])));
  const old = known && !isBusy ? known : null;
  batches.set((before) => [...before, newBatch(key, old?.target ?? target, files, isReviewing.get())]);
  dispatch(key, old ? { type: "resume", uploadId: old.uploadId } : { type: "start" }, client);
}

export function cancelUpload(key: string, client: QueryClient): void {
  dispatch(key, { type: "cancel" }, client);
}

/** Keeps what was chosen in a review that may be closed and opened again. */
export function keepChoices(key: string, choices: Choices, client: QueryClient): void {
  dispatch(key, { type: "choose", choices }, client);
}

/** Imports what was reviewed, as the person chose. */
export function confirmUpload(key: string, choices: Choices, target: Target, client: QueryClient): void {
  dispatch(key, { type: "confirm", choices, target }, client);
}

/** Asks anew what would be imported, for another person or with other rules. */
export function lookAgain(key: string, choices: Choices, client: QueryClient): void {
  dispatch(key, { type: "look-again", choices }, client);
}

export function dismissUpload(key: string): void {
  contents.delete(key);
  batches.set((before) => before.filter((batch) => batch.key !== key));
}

/** Leaves an interrupted upload behind, here and on the server. */
export async function abandon(uploadId: number): Promise<void> {
  forgetRemembered(uploadId);
  await http.delete(`/uploads/${uploadId}`).catch(() => undefined);
}

function dispatch(key: string, event: Event, client: QueryClient): void {
  const batch = batches.get().find((candidate) => candidate.key === key);
  if (!batch) return;
  const { batch: next, instructions } = step(batch, event);
  batches.set((before) => before.map((candidate) => (candidate.key === key ? next : candidate)));
  if (next.phase === "done") refreshLists(client);
  if (next.phase === "reviewing" && batch.phase !== "reviewing") reviewed.set(key);
  for (const instruction of instructions) {
    void perform(next, instruction, (answer) => dispatch(key, answer, client)).then((answer) => answer && dispatch(key, answer, client));
  }
}

async function perform(batch: Batch, instruction: Instruction, report: (event: Event) => void): Promise<Event | null> {
  const path = instruction.do === "send" ? instruction.path : undefined;
  try {
    return await carryOut(batch, instruction, report);
  } catch (error) {
    if (!(error instanceof ProblemError)) return { type: "refused", reason: error instanceof Error ? error.message : String(error) };
    // A piece that was damaged on its way is sent again after a while, as after a lost connection.
    if (error.status === 0 || error.status >= 500 || error.type.endsWith("/damaged-piece")) return { type: "connection-lost", path, reason: error.message };
    if (error.status === 409 && path !== undefined) return { type: "offset-refused", path };
    if (error.status === 404 && (instruction.do === "ask" || instruction.do === "send")) {
      forgetRemembered(instruction.uploadId);
      return { type: "upload-gone" };
    }
    return { type: "refused", reason: error.message };
  }
}

async function carryOut(batch: Batch, instruction: Instruction, report: (event: Event) => void): Promise<Event | null> {
  switch (instruction.do) {
    case "open": {
      const files = batch.files.map(({ path, size }) => ({ path, size }));
      const upload = await http.post<Upload>("/uploads", { files });
      remember({ uploadId: upload.id, target: batch.target, files });
      return { type: "opened", upload };
    }
    case "ask":
      return { type: "opened", upload: await http.get<Upload>(`/uploads/${instruction.uploadId}`) };
    case "send":
      return { type: "received", path: instruction.path, received: await sendPiece(batch, instruction) };
    case "wait":
      await new Promise((resolve) => setTimeout(resolve, instruction.ms));
      return { type: "waited" };
    case "forget":
      await abandon(instruction.uploadId);
      return null;
    case "preview": {
      const job = await http.post<Job>("/imports/preview", wishOf(batch, instruction.uploadId));
      const done = await followJob(job.id, (step) => report({ type: "job-step", progress: step.progress ?? 0, message: step.message ?? "" }));
      const isDone = done.state === "done";
      return { type: "preview-ended", preview: isDone ? (done.result as ImportPreview) : null, problem: isDone ? null : errorOf(done) };
    }
    case "import": {
      const job = await http.post<Job>("/imports", wishOf(batch, instruction.uploadId));
      forgetRemembered(instruction.uploadId);
      return { type: "import-started", jobId: job.id };
    }
    case "follow": {
      const done = await followJob(instruction.jobId, (job) => report({ type: "job-step", progress: job.progress ?? 0, message: job.message ?? "" }));
      return { type: "job-ended", result: done.result ?? null, problem: done.state === "done" ? null : errorOf(done) };
    }
  }
}

function wishOf({ target: { project, dataset, screen }, choices }: Batch, uploadId: number): Record<string, unknown> {
  const { exclude, owner, duplicates, isSeparate } = choices;
  return { upload_id: uploadId, project, dataset, screen, exclude, owner: owner?.trim() || undefined, duplicates, grouping: !isSeparate };
}

async function sendPiece(batch: Batch, piece: Extract<Instruction, { do: "send" }>): Promise<number> {
  const file = contents.get(batch.key)?.get(piece.path);
  if (!file) throw new Error(`${piece.path} is no longer at hand. Drop the files again to go on.`);
  const body = await file.slice(piece.offset, piece.offset + piece.length).arrayBuffer().catch(() => {
    throw new Error(`${piece.path} can no longer be read. It may have been changed or moved since it was chosen.`);
  });
  const address = withQuery(`${API}/uploads/${piece.uploadId}`, { path: piece.path });
  const headers = { ...csrfHeader(), "Upload-Offset": String(piece.offset), "Content-Type": "application/octet-stream", "Content-Digest": await digestOf(body) };
  const response = await fetch(address, { method: "PATCH", headers, body, credentials: "same-origin" }).catch(() => {
    throw new ProblemError(0, "The connection was lost. The upload goes on by itself.");
  });
  if (!response.ok) throw await problemOf(response);
  return ((await response.json()) as { received: number }).received;
}

function refreshLists(client: QueryClient): void {
  const stale = ["tree", "children", "images", "object", "jobs", "wells", "search"];
  void client.invalidateQueries({ predicate: (query) => stale.includes(String(query.queryKey[0])) });
}
