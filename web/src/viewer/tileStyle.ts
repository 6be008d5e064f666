import type { ChannelSettings } from "../api/types";
import { linearMap, rgbOf } from "./windows";

type Expression = (string | number | Expression)[];

/**
 * The GPU expression that turns bands of intensities into colour: every band is windowed by one multiplication and one
 * addition, clipped, coloured, and all are added. Only its variables change when a window or colour does.
 */
export function colorExpression(bandCount: number, isBytes: boolean): Expression {
  const windowed = Array.from({ length: bandCount }, (_, band): Expression => {
    const raw: Expression = ["band", band + 1];
    // Textures of bytes arrive as 0 to 1.
    const value: Expression = isBytes ? ["*", raw, 255] : raw;
    return ["clamp", ["+", ["*", value, ["var", `factor${band}`]], ["var", `offset${band}`]], 0, 1];
  });
  const sumOf = (primary: string): Expression => {
    const terms = windowed.map((value, band): Expression => ["*", value, ["var", `${primary}${band}`]]);
    return terms.reduce((sum, term) => ["+", sum, term]);
  };
  const byte = (primary: string): Expression => ["*", ["clamp", sumOf(primary), 0, 1], 255];
  return ["color", byte("r"), byte("g"), byte("b"), 1];
}

/** The variables of `colorExpression` for the channels that stand in its bands. */
export function styleVariables(bands: number[], channels: ChannelSettings[], isGreyscale: boolean): Record<string, number> {
  const variables: Record<string, number> = {};
  const firstActive = channels.find((channel) => channel.active)?.index;
  bands.forEach((index, band) => {
    const channel = channels.find((candidate) => candidate.index === index);
    const { factor, offset } = linearMap(channel ?? { start: 0, end: 1, inverted: false });
    const isShown = channel?.active && (!isGreyscale || index === firstActive);
    const [r, g, b] = !isShown ? [0, 0, 0] : isGreyscale ? [1, 1, 1] : rgbOf(channel.color);
    Object.assign(variables, { [`factor${band}`]: factor, [`offset${band}`]: offset, [`r${band}`]: r, [`g${band}`]: g, [`b${band}`]: b });
  });
  return variables;
}

/** A colour for a label: neighbours differ clearly, 0 is see-through, and the same number always looks the same. */
export function labelColor(label: number): [number, number, number, number] {
  if (label === 0) return [0, 0, 0, 0];
  const hue = (label * 0.618033988749895) % 1;
  const lightness = 0.52 + ((label * 7) % 3) * 0.08;
  const channel = (shift: number) => {
    const k = (shift + hue * 12) % 12;
    return Math.round(255 * (lightness - 0.9 * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4), 255];
}
