import type { Custody, ImageDetail, Person } from "../api/types";
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
  facts.push(...equipmentOf(image));
  if (image.acquisition_date) facts.push(["Acquired", formatDate(image.acquisition_date)]);
  if (image.created_at) facts.push(["Imported", formatDate(image.created_at)]);
  if (image.custody?.outcome) facts.push(["Files", tellCustody(image.custody)]);
  if (image.owner) facts.push(["Owner", personName(image.owner)]);
  return facts;
}

/** Whether the files are still what was imported. */
export function tellCustody({ outcome, checked_at: checkedAt, reasons }: Custody): string {
  const when = formatDate(checkedAt);
  return outcome === "ok" ? `As imported, verified ${when}` : `${reasons.join("; ")} (verified ${when})`;
}

/** The stand and the objective, as people name them: "Plan-Apochromat 63× / 1.4 Oil". */
function equipmentOf({ instrument, objective_settings: settings }: ImageDetail): Fact[] {
  if (!instrument) return [];
  const facts: Fact[] = [];
  const { microscope } = instrument;
  const stand = [microscope?.manufacturer, microscope?.model].filter(Boolean).join(" ") || instrument.name;
  if (stand) facts.push(["Microscope", stand]);
  const lens = instrument.objectives.find((objective) => objective.id === settings?.objective_id);
  if (lens) {
    const magnification = lens.nominal_magnification ? `${plainNumber(lens.nominal_magnification)}×` : "";
    const aperture = lens.lens_na ? plainNumber(lens.lens_na) : "";
    const numbers = [magnification, aperture].filter(Boolean).join(" / ");
    // Many makers put the numbers into the name; they are not said twice.
    const model = lens.model ?? "";
    const said = magnification && model.includes(String(lens.nominal_magnification)) ? model : [model, numbers].filter(Boolean).join(" ");
    const immersion = lens.immersion && !said.includes(lens.immersion) ? lens.immersion : "";
    facts.push(["Objective", [said, immersion].filter(Boolean).join(" ")]);
  }
  const detectors = instrument.detectors.map((detector) => detector.model).filter(Boolean);
  if (detectors.length) facts.push(["Detectors", detectors.join(", ")]);
  return facts;
}
