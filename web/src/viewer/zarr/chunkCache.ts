/** One decoded chunk: values in C order, with the strides that read it. */
export interface ChunkData { data: ArrayLike<number | bigint>; shape: number[]; stride: number[] }
type Fetch = (signal: AbortSignal) => Promise<ChunkData | null>;

interface Entry { promise: Promise<ChunkData | null>; value?: ChunkData | null; bytes: number; waiting: number; abort: AbortController }

/**
 * Decoded chunks, the least recently used dropped first. Several tiles may wait for one chunk: its request is given up
 * only when all of them have lost interest, which keeps a fast scroll through z from queueing planes nobody sees.
 */
export class ChunkCache {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  constructor(private readonly maxBytes = 384 * 1024 * 1024) {}

  /** The chunk if it is already here. */
  peek(key: string): ChunkData | null | undefined {
    return this.entries.get(key)?.value;
  }

  async load(key: string, fetchChunk: Fetch, signal?: AbortSignal): Promise<ChunkData | null> {
    const entry = this.touch(key) ?? this.start(key, fetchChunk);
    if (entry.value !== undefined) return entry.value;
    entry.waiting += 1;
    const leave = () => {
      entry.waiting -= 1;
      if (entry.waiting > 0 || entry.value !== undefined) return;
      if (this.entries.get(key) === entry) this.entries.delete(key);
      entry.abort.abort();
    };
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
    try {
      return await entry.promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  private touch(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry) {
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
    return entry;
  }

  private start(key: string, fetchChunk: Fetch): Entry {
    const abort = new AbortController();
    const entry: Entry = { promise: fetchChunk(abort.signal), bytes: 0, waiting: 0, abort };
    this.entries.set(key, entry);
    entry.promise.then(
      (value) => {
        entry.value = value;
        if (this.entries.get(key) !== entry) return;
        entry.bytes = bytesOf(value);
        this.bytes += entry.bytes;
        this.shrink();
      },
      () => {
        // A failed chunk is forgotten, so that the next look asks again.
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
    return entry;
  }

  private shrink(): void {
    for (const [key, entry] of this.entries) {
      if (this.bytes <= this.maxBytes) return;
      if (entry.value === undefined) continue;
      this.entries.delete(key);
      this.bytes -= entry.bytes;
    }
  }
}

function bytesOf(chunk: ChunkData | null): number {
  if (!chunk) return 0;
  return ArrayBuffer.isView(chunk.data) ? chunk.data.byteLength : chunk.data.length * 8;
}
