/** Lengths in micrometres, whatever unit the file used. */
const UM: Record<string, number> = {
  µm: 1, "μm": 1, um: 1, micrometer: 1, micrometre: 1, micron: 1, nm: 1e-3, nanometer: 1e-3, nanometre: 1e-3, mm: 1e3, millimeter: 1e3,
  millimetre: 1e3, cm: 1e4, centimeter: 1e4, m: 1e6, meter: 1e6, metre: 1e6, Å: 1e-4, angstrom: 1e-4, pm: 1e-6, picometer: 1e-6, in: 25400, inch: 25400,
};

export function micrometresOf(value: number | null | undefined, unit: string | null | undefined): number | null {
  if (!value || value <= 0) return null;
  const factor = UM[unit ?? "µm"] ?? UM[(unit ?? "").toLowerCase()];
  return factor ? value * factor : null;
}

const SYMBOLS: Record<string, string> = {
  micrometer: "µm", micrometre: "µm", micron: "µm", um: "µm", "μm": "µm", nanometer: "nm", nanometre: "nm", millimeter: "mm", millimetre: "mm",
  centimeter: "cm", meter: "m", picometer: "pm", angstrom: "Å", second: "s", millisecond: "ms", minute: "min", hour: "h",
};

/** The unit's symbol, whether a file spelled it out or not. */
export const unitSymbol = (unit: string): string => SYMBOLS[unit.toLowerCase()] ?? unit;

/** A number with at most four digits after the point and no more than it needs. */
export function plainNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-GB").replace(/,/g, "\u202f");
  return String(Number(Math.abs(value) >= 0.001 ? value.toFixed(4) : value.toPrecision(3)));
}

export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1000;
    index += 1;
  }
  return `${index === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[index]}`;
}

const dateFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
export function formatDate(text: string | null | undefined): string {
  const date = text ? new Date(text) : null;
  return date && !Number.isNaN(date.getTime()) ? dateFormat.format(date) : "";
}
