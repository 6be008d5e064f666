import type { ImageDetail, Person } from "../api/types";
import { formatDate, plainNumber, unitSymbol } from "../ui/units";

export type Fact = [label: string, value: string];

export function personName(person: Person | null | undefined): string {
  if (!person) return "";
  return [person.first_name, person.last_name].filter(Boolean).join(" ") || person.username;
}

/** What a microscopist asks first, with a unit beside every number. */
export function factsOf(image: ImageDetail): Fact[] {
  const facts: Fact[] = [["Id", `image:${image.id}`]];
  const { pixels } = image;
  if (pixels) {
    facts.push(["Size", `${plainNumber(pixels.size_x)} × ${plainNumber(pixels.size_y)} px`]);
    if (pixels.size_z > 1) facts.push(["Z sections", String(pixels.size_z)]);
    if (pixels.size_t > 1) facts.push(["Time points", String(pixels.size_t)]);
    facts.push(["Channels", String(pixels.size_c)]);
    const bits = pixels.significant_bits ? `, ${pixels.significant_bits} bit used` : "";
    facts.push(["Pixel type", `${pixels.pixels_type}${bits}`]);
    const lengths = (["x", "y", "z"] as const)
      .map((axis) => ({ value: pixels[`physical_size_${axis}`], unit: unitSymbol(pixels[`physical_size_${axis}_unit`] ?? "µm") }))
      .filter((length): length is { value: number; unit: string } => typeof length.value === "number");
    if (lengths.length) {
      const isOneUnit = lengths.every((length) => length.unit === lengths[0]!.unit);
      const text = lengths.map((length) => plainNumber(length.value) + (isOneUnit ? "" : ` ${length.unit}`)).join(" × ");
      facts.push(["Pixel size", isOneUnit ? `${text} ${lengths[0]!.unit}` : text]);
    }
    if (pixels.time_increment) facts.push(["Time step", `${plainNumber(pixels.time_increment)} ${unitSymbol(pixels.time_increment_unit ?? "s")}`]);
  }
  if (image.acquisition_date) facts.push(["Acquired", formatDate(image.acquisition_date)]);
  if (image.created_at) facts.push(["Imported", formatDate(image.created_at)]);
  if (image.owner) facts.push(["Owner", personName(image.owner)]);
  return facts;
}
