/** Files and folders as a browser hands them over, flattened into files with their paths. */
export interface PickedFile { path: string; file: File }

const JUNK = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);
const isWanted = (picked: PickedFile): boolean => !JUNK.has(picked.path.split("/").pop() ?? "");

/** What an <input type=file> chose; folders give relative paths. */
export function filesOfInput(list: FileList): PickedFile[] {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file })).filter(isWanted);
}

/** What was dropped: entries, or bare files where the browser knows no entry. They must be taken from the event at once. */
export function entriesOfDrop(transfer: DataTransfer): (FileSystemEntry | File)[] {
  return [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile())
    .filter((entry) => entry !== null);
}

export async function filesOfEntries(entries: (FileSystemEntry | File)[]): Promise<PickedFile[]> {
  const found: PickedFile[] = [];
  const waiting = [...entries];
  while (waiting.length) {
    const entry = waiting.pop()!;
    if (entry instanceof File) {
      found.push({ path: entry.name, file: entry });
    } else if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    } else if (entry.isDirectory) {
      waiting.push(...(await readFolder(entry as FileSystemDirectoryEntry)));
    }
  }
  return found.filter(isWanted).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A folder's reader answers a hundred entries at a time, and nothing when it is through. */
async function readFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
