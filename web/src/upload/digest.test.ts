import { afterEach, expect, test, vi } from "vitest";
import { crc32c, digestOf } from "./digest";

const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (found: Uint8Array) => [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");

afterEach(() => vi.unstubAllGlobals());

test("CRC-32C is that of the standard", () => {
  expect(hex(crc32c(bytes("123456789")))).toBe("e3069283");
  expect(hex(crc32c(new Uint8Array(32)))).toBe("8a9136aa");
});

test("a piece has its SHA-256, or where browsers compute none its CRC-32C", async () => {
  const piece = bytes("abc").buffer;
  expect(await digestOf(piece)).toBe("sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:");
  vi.stubGlobal("crypto", {});
  expect(await digestOf(piece)).toBe(`crc32c=:${btoa(String.fromCharCode(...crc32c(bytes("abc"))))}:`);
});
