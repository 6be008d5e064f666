/** The longest round length (1, 2 or 5 times a power of ten) of at most `maxPx` screen pixels. */
export function scaleBarOf(pixelUm: number, zoom: number, maxPx = 140): { widthPx: number; label: string; lengthUm: number } {
  const maxUm = (maxPx / zoom) * pixelUm;
  const power = 10 ** Math.floor(Math.log10(maxUm));
  const lengthUm = [5, 2, 1].map((step) => step * power).find((length) => length <= maxUm * (1 + 1e-9)) ?? power;
  return { lengthUm, widthPx: (lengthUm / pixelUm) * zoom, label: lengthLabel(lengthUm) };
}

function lengthLabel(lengthUm: number): string {
  const plain = (value: number) => String(Number(value.toPrecision(6)));
  if (lengthUm >= 10_000) return `${plain(lengthUm / 10_000)} cm`;
  if (lengthUm >= 1000) return `${plain(lengthUm / 1000)} mm`;
  if (lengthUm >= 1) return `${plain(lengthUm)} µm`;
  return `${plain(lengthUm * 1000)} nm`;
}
