/**
 * The decisions of an upload, without a network: events go in, a new state and instructions come out. What happens to
 * the bytes is the runner's business.
 */
import type { ImportPreview, ImportResult, Upload } from "../api/types";

export const PIECE_BYTES = 4 * 1024 * 1024;
const AT_ONCE = 2;
const LONGEST_WAIT_MS = 30_000;

export interface Target { dataset?: number | string; project?: number; screen?: number | string; label: string }
export interface UploadingFile { path: string; size: number; received: number; isSending: boolean }
export type Duplicates = "link" | "skip" | "import";
/**
 * What a person chose when reviewing: paths to leave out, for whom it is, what to do about files that are here, whether each
 * file is to stand for itself, and names of containers.
 */
export interface Choices { exclude: string[]; owner?: string; duplicates: Duplicates; isSeparate?: boolean; into?: { dataset: string; screen: string } }
export type Phase = "opening" | "sending" | "waiting" | "asking" | "previewing" | "reviewing" | "importing" | "done" | "failed" | "cancelled";

export interface Batch {
  key: string;
  uploadId: number | null;
  target: Target;
  files: UploadingFile[];
  phase: Phase;
  /** How often in a row the connection failed. */
  failures: number;
  problem: string | null;
  jobId: number | null;
  jobProgress: number;
  jobMessage: string;
  result: Partial<ImportResult> | null;
  /** Whether the person wants to see what would be imported before it is. */
  isReviewed: boolean;
  preview: ImportPreview | null;
  choices: Choices;
}

export type Event =
  | { type: "start" }
  | { type: "resume"; uploadId: number }
  | { type: "opened"; upload: Upload }
  | { type: "received"; path: string; received: number }
  | { type: "offset-refused"; path: string }
  | { type: "connection-lost"; path?: string; reason: string }
  | { type: "waited" }
  | { type: "upload-gone" }
  | { type: "refused"; reason: string }
  | { type: "import-started"; jobId: number }
  | { type: "job-step"; progress: number; message: string }
  | { type: "job-ended"; result: Partial<ImportResult> | null; problem: string | null }
  | { type: "preview-ended"; preview: ImportPreview | null; problem: string | null }
  | { type: "choose"; choices: Choices }
  | { type: "look-again"; choices: Choices }
  | { type: "confirm"; choices: Choices; target: Target }
  | { type: "cancel" };

export type Instruction =
  | { do: "open" }
  | { do: "ask"; uploadId: number }
  | { do: "send"; uploadId: number; path: string; offset: number; length: number }
  | { do: "wait"; ms: number }
  | { do: "preview"; uploadId: number }
  | { do: "import"; uploadId: number }
  | { do: "forget"; uploadId: number }
  | { do: "follow"; jobId: number };

export interface Step { batch: Batch; instructions: Instruction[] }

export function newBatch(key: string, target: Target, files: { path: string; size: number }[], isReviewed = false): Batch {
  return {
    key, target, isReviewed, preview: null, choices: { exclude: [], duplicates: "link" }, uploadId: null, phase: "opening", failures: 0, problem: null, jobId: null, jobProgress: 0, jobMessage: "", result: null,
    files: files.map(({ path, size }) => ({ path, size, received: 0, isSending: false })),
  };
}

export const isOver = (batch: Batch): boolean => ["done", "failed", "cancelled"].includes(batch.phase);

export function step(batch: Batch, event: Event): Step {
  if (isOver(batch)) return { batch, instructions: [] };
  switch (event.type) {
    case "start":
    case "upload-gone":
      return { batch: { ...withoutProgress(batch), phase: "opening", uploadId: null }, instructions: [{ do: "open" }] };
    case "resume":
      return { batch: { ...batch, uploadId: event.uploadId, phase: "asking" }, instructions: [{ do: "ask", uploadId: event.uploadId }] };
    case "opened":
      return opened(batch, event.upload);
    case "received":
      return proceed({ ...withFile(batch, event.path, { received: event.received, isSending: false }), failures: 0, problem: null });
    case "offset-refused":
      return ask(withFile(batch, event.path, { isSending: false }));
    case "connection-lost":
      return wait(event.path === undefined ? batch : withFile(batch, event.path, { isSending: false }), event.reason);
    case "waited":
      return batch.phase === "waiting" ? ask(batch) : { batch, instructions: [] };
    case "refused":
      if (batch.preview && batch.jobId === null) return backToReview(batch, event.reason);
      return { batch: { ...batch, phase: "failed", problem: event.reason }, instructions: forget(batch) };
    case "import-started":
      return { batch: { ...batch, jobId: event.jobId, phase: "importing" }, instructions: [{ do: "follow", jobId: event.jobId }] };
    case "job-step":
      return { batch: { ...batch, jobProgress: event.progress, jobMessage: event.message, failures: 0, problem: null }, instructions: [] };
    case "job-ended":
      return { batch: { ...batch, phase: event.problem ? "failed" : "done", problem: event.problem, result: event.result, jobProgress: 1 }, instructions: [] };
    case "preview-ended":
      if (batch.phase !== "previewing") return { batch, instructions: [] };
      if (!event.preview && batch.preview) return backToReview(batch, event.problem);
      return { batch: { ...batch, phase: event.preview ? "reviewing" : "failed", preview: event.preview, problem: event.problem, jobProgress: 0 }, instructions: [] };
    case "choose":
      return { batch: batch.phase === "reviewing" ? { ...batch, choices: event.choices } : batch, instructions: [] };
    case "look-again":
      return batch.phase === "reviewing" ? preview({ ...batch, choices: event.choices, problem: null }) : { batch, instructions: [] };
    case "confirm":
      if (batch.phase !== "reviewing" || batch.uploadId === null) return { batch, instructions: [] };
      return {
        batch: { ...batch, phase: "importing", isReviewed: false, choices: event.choices, target: event.target, problem: null, jobProgress: 0, jobMessage: "" },
        instructions: [{ do: "import", uploadId: batch.uploadId }],
      };
    case "cancel":
      return { batch: { ...batch, phase: "cancelled" }, instructions: forget(batch) };
  }
}

function opened(batch: Batch, upload: Upload): Step {
  const received = new Map(upload.files.map((file) => [file.path, file.received]));
  const files = batch.files.map((file) => ({ ...file, received: received.get(file.path) ?? 0, isSending: false }));
  return proceed({ ...batch, uploadId: upload.id, files, phase: "sending", failures: 0, problem: null });
}

/** Sends the next pieces, or imports when nothing is left to send. */
function proceed(batch: Batch): Step {
  const { uploadId } = batch;
  if (batch.phase !== "sending" || uploadId === null) return { batch, instructions: [] };
  if (batch.files.every((file) => file.received >= file.size)) {
    if (batch.isReviewed) return preview(batch);
    return { batch: { ...batch, phase: "importing" }, instructions: [{ do: "import", uploadId }] };
  }
  const busy = batch.files.filter((file) => file.isSending).length;
  const next = batch.files.filter((file) => !file.isSending && file.received < file.size).slice(0, Math.max(0, AT_ONCE - busy));
  const chosen = new Set(next.map((file) => file.path));
  return {
    batch: { ...batch, files: batch.files.map((file) => (chosen.has(file.path) ? { ...file, isSending: true } : file)) },
    instructions: next.map((file) => ({
      do: "send", uploadId, path: file.path, offset: file.received, length: Math.min(PIECE_BYTES, file.size - file.received),
    })),
  };
}

/** Asks what would be imported; nothing is until the person says so. */
function preview(batch: Batch): Step {
  if (batch.uploadId === null) return { batch, instructions: [] };
  return { batch: { ...batch, phase: "previewing", jobProgress: 0, jobMessage: "" }, instructions: [{ do: "preview", uploadId: batch.uploadId }] };
}

/** A wrong name or a full disk is no reason to send everything again: the person chooses anew. */
function backToReview(batch: Batch, problem: string | null): Step {
  return { batch: { ...batch, phase: "reviewing", isReviewed: true, problem }, instructions: [] };
}

/** Asks the server what it has, once; pieces under way are waited for by nobody. An import that began goes on there by itself. */
function ask(batch: Batch): Step {
  if (batch.jobId !== null) return { batch: { ...batch, phase: "importing" }, instructions: [{ do: "follow", jobId: batch.jobId }] };
  if (batch.uploadId === null) return { batch: { ...batch, phase: "opening" }, instructions: [{ do: "open" }] };
  if (batch.phase === "asking") return { batch, instructions: [] };
  return { batch: { ...batch, phase: "asking" }, instructions: [{ do: "ask", uploadId: batch.uploadId }] };
}

function wait(batch: Batch, reason: string): Step {
  if (batch.phase === "waiting") return { batch, instructions: [] };
  const ms = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** batch.failures);
  return { batch: { ...batch, phase: "waiting", failures: batch.failures + 1, problem: reason }, instructions: [{ do: "wait", ms }] };
}

const forget = (batch: Batch): Instruction[] =>
  batch.uploadId !== null && batch.jobId === null ? [{ do: "forget", uploadId: batch.uploadId }] : [];

function withFile(batch: Batch, path: string, part: Partial<UploadingFile>): Batch {
  return { ...batch, files: batch.files.map((file) => (file.path === path ? { ...file, ...part } : file)) };
}

function withoutProgress(batch: Batch): Batch {
  return { ...batch, files: batch.files.map((file) => ({ ...file, received: 0, isSending: false })) };
}

export function progressOf(batch: Batch): { sent: number; total: number; filesDone: number } {
  return batch.files.reduce(
    (sum, file) => ({
      sent: sum.sent + file.received,
      total: sum.total + file.size,
      filesDone: sum.filesDone + (file.received >= file.size ? 1 : 0),
    }),
    { sent: 0, total: 0, filesDone: 0 },
  );
}
