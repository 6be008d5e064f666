/** Uploads that a closed page left unfinished: enough to recognise the same files when they are dropped again. */
import type { Target } from "./machine";

export interface Remembered { uploadId: number; target: Target; files: { path: string; size: number }[] }
const KEY = "uploads";

export function readRemembered(storage: Pick<Storage, "getItem"> = localStorage): Remembered[] {
  try {
    const list: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(list) ? (list as Remembered[]) : [];
  } catch {
    return [];
  }
}

export function remember(upload: Remembered): void {
  write([...readRemembered().filter((other) => other.uploadId !== upload.uploadId), upload].slice(-20));
}

export function forgetRemembered(uploadId: number): void {
  write(readRemembered().filter((other) => other.uploadId !== uploadId));
}

function write(list: Remembered[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // A full or forbidden storage costs the resumption after a reload, not the upload.
  }
}

const signature = (files: { path: string; size: number }[]): string =>
  files.map((file) => `${file.path}|${file.size}`).sort().join("\n");

/** The unfinished upload of exactly these files, if there is one. */
export function findSame(list: Remembered[], files: { path: string; size: number }[]): Remembered | undefined {
  const wanted = signature(files);
  return list.find((upload) => signature(upload.files) === wanted);
}
