import { describe, expect, test } from "vitest";
import { type Batch, type Event, newBatch, PIECE_BYTES, progressOf, step, type Step } from "./machine";

const MB = 1024 * 1024;
const upload = (received: Record<string, number>) => ({
  id: 1,
  files: Object.entries(received).map(([path, bytes]) => ({ path, size: 10 * MB, received: bytes })),
});
const begin = (sizes: Record<string, number>): Batch =>
  newBatch("k", { dataset: 3, label: "Cells" }, Object.entries(sizes).map(([path, size]) => ({ path, size })));

function run(batch: Batch, ...events: Event[]): Step {
  return events.reduce<Step>((before, event) => step(before.batch, event), { batch, instructions: [] });
}

describe("an upload", () => {
  test("opens, then sends two files at once, a piece at a time", () => {
    const first = run(begin({ a: 10 * MB, b: 10 * MB, c: 10 * MB }), { type: "start" });
    expect(first.instructions).toEqual([{ do: "open" }]);
    const second = step(first.batch, { type: "opened", upload: upload({ a: 0, b: 0, c: 0 }) });
    expect(second.instructions).toEqual([
      { do: "send", uploadId: 1, path: "a", offset: 0, length: PIECE_BYTES },
      { do: "send", uploadId: 1, path: "b", offset: 0, length: PIECE_BYTES },
    ]);
    const third = step(second.batch, { type: "received", path: "a", received: PIECE_BYTES });
    expect(third.instructions).toEqual([{ do: "send", uploadId: 1, path: "a", offset: PIECE_BYTES, length: PIECE_BYTES }]);
  });

  test("imports once everything is there, and follows the job to its end", () => {
    const sent = run(begin({ a: 5 }), { type: "start" }, { type: "opened", upload: upload({ a: 0 }) }, { type: "received", path: "a", received: 5 });
    expect(sent.instructions).toEqual([{ do: "import", uploadId: 1 }]);
    const started = step(sent.batch, { type: "import-started", jobId: 7 });
    expect(started.instructions).toEqual([{ do: "follow", jobId: 7 }]);
    const ended = step(started.batch, { type: "job-ended", result: { images: [1] }, problem: null });
    expect(ended.batch.phase).toBe("done");
    expect(ended.batch.result?.images).toEqual([1]);
  });

  test("of empty files only needs no piece at all", () => {
    const opened = run(begin({ a: 0 }), { type: "start" }, { type: "opened", upload: upload({ a: 0 }) });
    expect(opened.instructions).toEqual([{ do: "import", uploadId: 1 }]);
  });

  test("goes on from what the server has after a reload", () => {
    const asked = run(begin({ a: 10 * MB }), { type: "resume", uploadId: 1 });
    expect(asked.instructions).toEqual([{ do: "ask", uploadId: 1 }]);
    const opened = step(asked.batch, { type: "opened", upload: upload({ a: 9 * MB }) });
    expect(opened.instructions).toEqual([{ do: "send", uploadId: 1, path: "a", offset: 9 * MB, length: MB }]);
  });

  test("starts anew when the server has forgotten it", () => {
    const gone = run(begin({ a: 10 * MB }), { type: "resume", uploadId: 1 }, { type: "upload-gone" });
    expect(gone.instructions).toEqual([{ do: "open" }]);
    expect(gone.batch.uploadId).toBeNull();
  });

  test("asks for the true offset when the server refuses one", () => {
    const refused = run(begin({ a: 10 * MB }), { type: "start" }, { type: "opened", upload: upload({ a: 0 }) }, { type: "offset-refused", path: "a" });
    expect(refused.instructions).toEqual([{ do: "ask", uploadId: 1 }]);
  });

  test("follows an import that began on, where the server was away meanwhile", () => {
    const sent = run(begin({ a: 5 }), { type: "start" }, { type: "opened", upload: upload({ a: 0 }) }, { type: "received", path: "a", received: 5 });
    const lost = run(sent.batch, { type: "import-started", jobId: 7 }, { type: "connection-lost", reason: "gone" });
    expect(lost.instructions).toEqual([{ do: "wait", ms: 1000 }]);
    const again = step(lost.batch, { type: "waited" });
    expect(again.instructions).toEqual([{ do: "follow", jobId: 7 }]);
    expect(step(again.batch, { type: "job-ended", result: { images: [1] }, problem: null }).batch.phase).toBe("done");
  });

  test("waits longer each time the connection fails, then asks where it stood", () => {
    const lost: Event = { type: "connection-lost", path: "a", reason: "no network" };
    const once = run(begin({ a: 10 * MB }), { type: "start" }, { type: "opened", upload: upload({ a: 0 }) }, lost);
    expect(once.instructions).toEqual([{ do: "wait", ms: 1000 }]);
    const again = run(once.batch, { type: "waited" }, lost);
    expect(again.instructions).toEqual([{ do: "wait", ms: 2000 }]);
    const many = Array.from({ length: 12 }).reduce<Step>((before) => run(before.batch, { type: "waited" }, lost), again);
    expect(many.instructions).toEqual([{ do: "wait", ms: 30_000 }]);
    expect(step(many.batch, { type: "waited" }).instructions).toEqual([{ do: "ask", uploadId: 1 }]);
  });

  test("waits once when two pieces fail together", () => {
    const lost = (path: string): Event => ({ type: "connection-lost", path, reason: "no network" });
    const both = run(begin({ a: 10 * MB, b: 10 * MB }), { type: "start" }, { type: "opened", upload: upload({ a: 0, b: 0 }) }, lost("a"), lost("b"));
    expect(both.instructions).toEqual([]);
    expect(both.batch.failures).toBe(1);
    expect(both.batch.files.some((file) => file.isSending)).toBe(false);
  });

  test("that is cancelled forgets what was sent and ignores late answers", () => {
    const cancelled = run(begin({ a: 10 * MB }), { type: "start" }, { type: "opened", upload: upload({ a: 0 }) }, { type: "cancel" });
    expect(cancelled.instructions).toEqual([{ do: "forget", uploadId: 1 }]);
    const late = step(cancelled.batch, { type: "received", path: "a", received: MB });
    expect(late).toEqual({ batch: cancelled.batch, instructions: [] });
  });

  test("that is refused says why and sends nothing more", () => {
    const refused = run(begin({ a: 10 * MB }), { type: "start" }, { type: "refused", reason: "The disk is full." });
    expect(refused.batch).toMatchObject({ phase: "failed", problem: "The disk is full." });
    expect(refused.instructions).toEqual([]);
  });

  test("counts what was sent", () => {
    const batch = run(begin({ a: 10 * MB, b: 0 }), { type: "start" }, { type: "opened", upload: upload({ a: 4 * MB, b: 0 }) }).batch;
    expect(progressOf(batch)).toEqual({ sent: 4 * MB, total: 10 * MB, filesDone: 1 });
  });

  test("sends every byte exactly once, whatever the sizes and losses", () => {
    for (const [seed, size] of [1, 4 * MB, 4 * MB + 1, 13 * MB].entries()) {
      let state = run(begin({ a: size, b: 3 * size }), { type: "start" });
      const server: Record<string, number> = { a: 0, b: 0 };
      let turn = seed;
      for (let guard = 0; guard < 200 && state.batch.phase !== "importing"; guard++) {
        const events = state.instructions.map((instruction): Event => {
          if (instruction.do === "send") {
            if (turn++ % 4 === 3) return { type: "connection-lost", path: instruction.path, reason: "lost" };
            expect(instruction.offset).toBe(server[instruction.path]);
            server[instruction.path]! += instruction.length;
            return { type: "received", path: instruction.path, received: server[instruction.path]! };
          }
          if (instruction.do === "wait") return { type: "waited" };
          return { type: "opened", upload: upload(server) };
        });
        const after = events.reduce<{ batch: Batch; instructions: Step["instructions"] }>(
          (sum, event) => {
            const next = step(sum.batch, event);
            return { batch: next.batch, instructions: [...sum.instructions, ...next.instructions] };
          },
          { batch: state.batch, instructions: [] },
        );
        state = after;
      }
      expect(server).toEqual({ a: size, b: 3 * size });
    }
  });
});

describe("an upload that is reviewed", () => {
  const preview = { filesets: [], skipped: [], failed: [], warnings: [], counts: {} };
  const empty = { id: 1, files: [{ path: "a", size: 0, received: 0 }] };
  const sent = (): Step => run(newBatch("k", { dataset: 3, label: "Cells" }, [{ path: "a", size: 0 }], true), { type: "start" }, { type: "opened", upload: empty });
  const choices = { exclude: ["a"], owner: "bob", duplicates: "skip" as const };

  test("is looked at first, and imported when the person says so, as they chose", () => {
    const looking = sent();
    expect([looking.batch.phase, looking.instructions]).toEqual(["previewing", [{ do: "preview", uploadId: 1 }]]);
    const seen = step(looking.batch, { type: "preview-ended", preview, problem: null });
    expect([seen.batch.phase, seen.instructions]).toEqual(["reviewing", []]);
    const confirmed = step(seen.batch, { type: "confirm", choices, target: { dataset: "New", label: "New" } });
    expect([confirmed.batch.phase, confirmed.instructions]).toEqual(["importing", [{ do: "import", uploadId: 1 }]]);
    expect([confirmed.batch.choices, confirmed.batch.target.dataset]).toEqual([choices, "New"]);
  });

  test("is looked at again for another person, and forgotten when it is not wanted", () => {
    const seen = step(sent().batch, { type: "preview-ended", preview, problem: null });
    const again = step(seen.batch, { type: "look-again", choices });
    expect([again.batch.phase, again.instructions]).toEqual(["previewing", [{ do: "preview", uploadId: 1 }]]);
    expect(step(seen.batch, { type: "cancel" }).instructions).toEqual([{ do: "forget", uploadId: 1 }]);
  });

  test("is reviewed again with what the server said when it refuses what was chosen", () => {
    const seen = step(sent().batch, { type: "preview-ended", preview, problem: null });
    for (const event of [{ type: "look-again", choices }, { type: "confirm", choices, target: { label: "x" } }] as const) {
      const refused = run(seen.batch, event, { type: "refused", reason: "There is no user 'bob'" });
      expect([refused.batch.phase, refused.batch.problem, refused.instructions]).toEqual(["reviewing", "There is no user 'bob'", []]);
      expect(step(refused.batch, { type: "confirm", choices, target: { label: "x" } }).instructions).toEqual([{ do: "import", uploadId: 1 }]);
    }
  });

  test("fails with what the server said when it cannot be looked at", () => {
    const failed = step(sent().batch, { type: "preview-ended", preview: null, problem: "There is no room" });
    expect([failed.batch.phase, failed.batch.problem]).toEqual(["failed", "There is no room"]);
  });

  test("goes on looking after the connection was lost", () => {
    const lost = run(sent().batch, { type: "connection-lost", reason: "gone" }, { type: "waited" }, { type: "opened", upload: empty });
    expect(lost.instructions).toEqual([{ do: "preview", uploadId: 1 }]);
  });
});
