import type { AcquiredImage, ChannelAcquisition, Filter, Instrument } from "../api/types";
import { plainNumber, unitSymbol } from "../ui/units";
import type { Fact } from "./imageFacts";

type Number = number | null | undefined;
const isKnown = (value: Number): value is number => typeof value === "number";

function measure(value: Number, unit: string | null | undefined): string {
  // A number and its unit stay on one line.
  return isKnown(value) ? `${plainNumber(value)}\u00a0${unitSymbol(unit ?? "")}`.trim() : "";
}

const joined = (...parts: (string | null | undefined | false)[]): string => parts.filter(Boolean).join(", ");
const made = (part: { manufacturer?: string | null; model?: string | null } | undefined): string => [part?.manufacturer, part?.model].filter(Boolean).join(" ");
const percent = (fraction: Number): string => (isKnown(fraction) ? `${plainNumber(Math.round(fraction * 1e4) / 100)}\u00a0%` : "");

/** What is true of the whole image: surroundings, stage, experiment, how the objective was set, and by whom and with what. */
export function imageAcquisition(image: AcquiredImage): Fact[] {
  const { imaging_environment: air, stage_label: stage, experiment } = image.acquisition;
  const settings = image.objective_settings;
  const serial = image.instrument?.microscope?.serial_number;
  const facts: Fact[] = [
    ["Acquired by", image.acquired_by ?? ""],
    ["Software", image.acquisition_software ?? ""],
    ["Serial number", serial ?? ""],
    ["Immersion", joined(settings?.medium, isKnown(settings?.refractive_index) && `n = ${plainNumber(settings.refractive_index)}`)],
    ["Correction collar", isKnown(settings?.correction_collar) ? plainNumber(settings.correction_collar) : ""],
    ["Temperature", measure(air?.temperature, air?.temperature_unit)],
    ["Air", joined(measure(air?.air_pressure, air?.air_pressure_unit), isKnown(air?.humidity) && `${percent(air.humidity)} humidity`, isKnown(air?.co2_percent) && `${percent(air.co2_percent)} CO₂`)],
    ["Stage", joined(stage?.name !== "Stage position" && stage?.name, ...(["x", "y", "z"] as const).map((axis) => measured(axis, stage?.[`position_${axis}`], stage?.[`position_${axis}_unit`])))],
    ["Experiment", joined(experiment?.type, experiment?.description)],
    ["Light used", joined(...(experiment?.microbeam_manipulations ?? []).map((one) => joined(one.type, one.description)))],
  ];
  return facts.filter(([, value]) => value);
}

const measured = (axis: string, value: Number, unit: string | null | undefined): string => (isKnown(value) ? `${axis}\u00a0${measure(value, unit)}` : "");

/** How one channel was set, in the order in which its light goes. */
export function channelAcquisition(channel: ChannelAcquisition, instrument: Instrument | null | undefined): Fact[] {
  const facts: Fact[] = [
    ["Light", lightOf(channel, instrument)],
    ["Filters", filtersOf(channel, instrument)],
    ["Detector", detectorOf(channel, instrument)],
    ["Exposure", measure(channel.exposure_time, channel.exposure_time_unit)],
    ["Pinhole", measure(channel.pin_hole_size, channel.pin_hole_size_unit)],
    ["ND filter", isKnown(channel.nd_filter) ? `${percent(channel.nd_filter)} let through` : ""],
  ];
  return facts.filter(([, value]) => value);
}

const KINDS: Record<string, string> = {
  Laser: "laser", Arc: "arc lamp", Filament: "filament lamp", LightEmittingDiode: "LED", GenericExcitationSource: "light source",
};

function lightOf({ light_settings: settings }: ChannelAcquisition, instrument: Instrument | null | undefined): string {
  const source = instrument?.light_sources.find((one) => one.id === settings?.light_source_id);
  if (!source || !settings) return "";
  const kind = KINDS[source.type] ?? source.type;
  const name = made(source);
  const said = name.toLowerCase().includes(kind.toLowerCase()) ? name : [name, kind].filter(Boolean).join(" ");
  const own = "wavelength" in source ? (source as { wavelength?: number; wavelength_unit?: string }) : {};
  const wavelength = measure(settings.wavelength, settings.wavelength_unit) || measure(own.wavelength, own.wavelength_unit);
  const passed = isKnown(settings.attenuation) ? `${percent(1 - settings.attenuation)} of its light` : "";
  return joined(said, wavelength, measure(source.power, source.power_unit), passed);
}

function detectorOf({ detector_settings: settings }: ChannelAcquisition, instrument: Instrument | null | undefined): string {
  const detector = instrument?.detectors.find((one) => one.id === settings?.detector_id);
  if (!detector || !settings) return "";
  const type = detector.type === "Other" || (detector.model ?? "").includes(detector.type ?? "-") ? "" : detector.type;
  const numbers = (["gain", "offset", "zoom"] as const).map((name) => { const value = settings[name]; return isKnown(value) && `${name} ${plainNumber(value)}`; });
  const rate = measure(settings.read_out_rate, settings.read_out_rate_unit);
  return joined([made(detector), type].filter(Boolean).join(" "), measure(settings.voltage, settings.voltage_unit), ...numbers, settings.binning && `binning ${settings.binning}`, rate);
}

function filtersOf({ light_path: path, filter_set_id: setId }: ChannelAcquisition, instrument: Instrument | null | undefined): string {
  const set = instrument?.filter_sets.find((one) => one.id === setId);
  const named = (ids: number[] | undefined) =>
    (ids ?? []).map((id) => instrument?.filters.find((one) => one.id === id)).filter((one) => one !== undefined).map(filterName).filter(Boolean).join(" + ");
  const mirror = instrument?.dichroics.find((one) => one.id === (path?.dichroic_id ?? set?.dichroic_id));
  const excitation = named(path?.excitation_filter_ids.length ? path.excitation_filter_ids : set?.excitation_filter_ids);
  const emission = named(path?.emission_filter_ids.length ? path.emission_filter_ids : set?.emission_filter_ids);
  return joined(made(set), excitation && `excitation ${excitation}`, made(mirror), emission && `emission ${emission}`);
}

function filterName(filter: Filter): string {
  const unit = unitSymbol(filter.cut_in_unit ?? filter.cut_out_unit ?? "nm");
  const [low, high] = [filter.cut_in, filter.cut_out].map((edge) => (isKnown(edge) ? String(Math.round(edge * 10) / 10) : ""));
  const band = low && high ? `${low}–${high}\u00a0${unit}` : low ? `from ${low}\u00a0${unit}` : high ? `to ${high}\u00a0${unit}` : "";
  const name = made(filter);
  return name && band ? `${name} (${band})` : name || band;
}
