import { describe, expect, test } from "vitest";
import type { ChannelSettings } from "../api/types";
import { applyChannels, formatChannels, parseViewSearch } from "./viewUrl";

const channel = (index: number, part: Partial<ChannelSettings> = {}): ChannelSettings => ({
  index, name: `c${index}`, active: true, color: "00FF00", start: 0, end: 100, min: 0, max: 65535, inverted: false, ...part,
});

describe("channels in an address", () => {
  test("are written in OMERO's notation", () => {
    const text = formatChannels([channel(0, { start: 100, end: 505, color: "0000ff" }), channel(1, { active: false, inverted: true })]);
    expect(text).toBe("1|100:505$0000FF,-2|0:100r$00FF00");
  });

  test("come back as they were", () => {
    const channels = [channel(0, { start: -3, end: 0.25, color: "ABCDEF" }), channel(1, { active: false }), channel(2, { inverted: true, end: 1e6 })];
    const base = [channel(0), channel(1), channel(2)];
    expect(applyChannels(formatChannels(channels), base)).toEqual(channels);
  });

  test("change only what they name", () => {
    const [first, second] = applyChannels("-1", [channel(0), channel(1)]);
    expect(first).toEqual(channel(0, { active: false }));
    expect(second).toEqual(channel(1));
  });

  test("that make no sense are left out", () => {
    const base = [channel(0)];
    expect(applyChannels("nonsense,9|1:2$FF0000,1|50:20$12", base)).toEqual(base);
    expect(applyChannels("1|50:20$FF0000", base)[0]).toMatchObject({ start: 0, end: 100, color: "FF0000" });
  });
});

describe("a view's address", () => {
  test("is read as numbers", () => {
    expect(parseViewSearch({ z: "3", t: "0", x: "12.5", y: "-4", zoom: "2", m: "g", c: "1|0:1$FFFFFF" })).toEqual({
      z: 3, t: 0, x: 12.5, y: -4, zoom: 2, m: "g", c: "1|0:1$FFFFFF",
    });
  });

  test("survives whatever a person types", () => {
    expect(parseViewSearch({ z: "-1", t: "1.5", x: "left", zoom: "0", m: "purple", c: 3, labels: "" })).toEqual({});
  });
});
