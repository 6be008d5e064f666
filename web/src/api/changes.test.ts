import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gather, staleAfter } from "./changes";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

function refreshed() {
  const asked: string[][] = [];
  const known = ["tree", "images", "annotations", "jobs", "session"];
  const invalidateQueries = vi.fn((filters?: { predicate?: (query: never) => boolean }) => {
    asked.push(known.filter((key) => filters?.predicate?.({ queryKey: [key, 1] } as never)));
    return Promise.resolve();
  });
  return { asked, client: { invalidateQueries } as never };
}

test("changes that come together are answered by one refresh of what they make stale", () => {
  const { asked, client } = refreshed();
  const gathered = gather(client, 400);
  for (let id = 0; id < 500; id += 1) gathered.take({ class: "Image", id, event_id: 1, kind: "made" });
  gathered.take({ class: "ImageAnnotationLink", id: 1, event_id: 1, kind: "made" });
  expect(asked).toEqual([]);
  vi.advanceTimersByTime(400);
  expect(asked).toEqual([["tree", "images", "annotations"]]);
  gathered.take({ class: "Project", id: 1, event_id: 2, kind: "changed" });
  vi.advanceTimersByTime(400);
  expect(asked[1]).toEqual(["tree"]);
});

test("a change of what no view shows refreshes nothing", () => {
  const { asked, client } = refreshed();
  gather(client).take({ class: "Token", id: 1, event_id: 1, kind: "made" });
  vi.advanceTimersByTime(2000);
  expect(asked).toEqual([]);
  expect(staleAfter("DatasetImageLink")).toContain("images");
});

test("nothing is refreshed after the page was left", () => {
  const { asked, client } = refreshed();
  const gathered = gather(client, 400);
  gathered.take({ class: "Image", id: 1, event_id: 1, kind: "made" });
  gathered.stop();
  vi.advanceTimersByTime(2000);
  expect(asked).toEqual([]);
});
