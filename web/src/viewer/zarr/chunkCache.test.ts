import { describe, expect, test, vi } from "vitest";
import { ChunkCache, type ChunkData } from "./chunkCache";

const chunk = (bytes: number): ChunkData => ({ data: new Uint8Array(bytes), shape: [bytes], stride: [1] });
const never = (signal: AbortSignal) => new Promise<ChunkData>((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

describe("the chunk cache", () => {
  test("asks once for a chunk that many want", async () => {
    const cache = new ChunkCache();
    const fetchChunk = vi.fn(() => Promise.resolve(chunk(4)));
    await Promise.all([cache.load("a", fetchChunk), cache.load("a", fetchChunk)]);
    await cache.load("a", fetchChunk);
    expect(fetchChunk).toHaveBeenCalledTimes(1);
    expect(cache.peek("a")).toBeDefined();
  });

  test("forgets the least recently used when it is full", async () => {
    const cache = new ChunkCache(10);
    for (const key of ["a", "b"]) await cache.load(key, () => Promise.resolve(chunk(5)));
    await cache.load("a", () => Promise.reject(new Error("it is here")));
    await cache.load("c", () => Promise.resolve(chunk(5)));
    expect([cache.peek("a"), cache.peek("b"), cache.peek("c")].map((found) => found !== undefined)).toEqual([true, false, true]);
  });

  test("gives a request up only when nobody waits for it any more", async () => {
    const cache = new ChunkCache();
    const [one, two] = [new AbortController(), new AbortController()];
    const aborted = vi.fn();
    const fetchChunk = (signal: AbortSignal) => {
      signal.addEventListener("abort", aborted);
      return never(signal);
    };
    const loads = [cache.load("a", fetchChunk, one.signal), cache.load("a", fetchChunk, two.signal)].map((load) => load.catch(() => "gone"));
    one.abort();
    expect(aborted).not.toHaveBeenCalled();
    two.abort();
    expect(aborted).toHaveBeenCalledTimes(1);
    expect(await Promise.all(loads)).toEqual(["gone", "gone"]);
  });

  test("asks again after a failure", async () => {
    const cache = new ChunkCache();
    await expect(cache.load("a", () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    await cache.load("a", () => Promise.resolve(chunk(1)));
    expect(cache.peek("a")).toBeDefined();
  });
});
