import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { RenderingSettings } from "../api/types";
import { colorExpression, styleVariables } from "./tileStyle";

/** The pictures that the server's renderer must match too. */
const FOLDER = new URL("../../../tests/golden/", import.meta.url);

interface Golden { name: string; about: string; dtype: string; pixels: number[][][]; settings: RenderingSettings; expected: number[][][] }
type Expression = ReturnType<typeof colorExpression>;
type Part = string | number | Expression;

/** What the GPU computes of an expression, with bands as the texture holds them: bytes as fractions of 255. */
function evaluate(part: Part, bands: number[], variables: Record<string, number>): number {
  if (typeof part === "number") return part;
  if (typeof part === "string") throw new Error(`${part} is no value`);
  const [operator, ...given] = part;
  const value = (index: number) => evaluate(given[index]!, bands, variables);
  if (operator === "band") return bands[(given[0] as number) - 1]!;
  if (operator === "var") return variables[given[0] as string]!;
  if (operator === "+") return value(0) + value(1);
  if (operator === "*") return value(0) * value(1);
  if (operator === "clamp") return Math.min(Math.max(value(0), value(1)), value(2));
  throw new Error(`${String(operator)} is not known`);
}

const goldens = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Golden);

test("there are golden pictures", () => expect(goldens.length).toBeGreaterThan(5));

test.each(goldens.map((golden) => [golden.about, golden] as const))("within one grey value: %s", (_about, golden) => {
  const { channels, model } = golden.settings;
  const shown = channels.filter((channel) => channel.active).map((channel) => channel.index);
  const isBytes = golden.dtype === "uint8";
  const [, ...primaries] = colorExpression(shown.length, isBytes);
  const variables = styleVariables(shown, channels, model === "greyscale");
  golden.expected.forEach((row, y) =>
    row.forEach((expected, x) => {
      const bands = shown.map((index) => golden.pixels[index]![y]![x]! / (isBytes ? 255 : 1));
      expected.forEach((wanted, primary) => {
        const found = Math.round(evaluate(primaries[primary]!, bands, variables));
        expect(Math.abs(found - wanted), `${golden.name} at ${x}, ${y}: ${found} instead of ${wanted}`).toBeLessThanOrEqual(1);
      });
    }),
  );
});
