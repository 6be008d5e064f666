"""How an image was acquired as OME-XML: the instrument and its parts, settings of channels, surroundings, planes.

Source: the OME schema 2016-06, through ome-types; planes are written as text, as there may be very many.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

from micrarium.exchange.ome_values import clean, enumerated, number, quantity, text
from micrarium.geometry import Quantity, normalised_unit
from micrarium.pixels import acquisition as told_of
from micrarium.pixels.plane_tables import COLUMNS, PlaneTable, usable_columns
from micrarium.pixels.source import ChannelDescription, ImageDescription, Source

if TYPE_CHECKING:
    from ome_types import model

#: Planes are listed only where there are not too many of them to keep the header small: some 20 MB at most.
_MOST_PLANES = 100_000
_AT_ONCE = 10_000
_ATTRIBUTES = {
    "delta_t": "DeltaT", "exposure_time": "ExposureTime", "position_x": "PositionX", "position_y": "PositionY",
    "position_z": "PositionZ",
}  # fmt: skip
_UNITS = {"time": "UnitsTime", "length": "UnitsLength"}


class Instrumentation:
    """The one instrument of a document: parts get their ids as they are first named."""

    def __init__(self, told: ImageDescription) -> None:
        self._ids: dict[tuple[str, Hashable], str] = {}
        self._parts: dict[str, list[Any]] = {}
        self._told = told
        parts = told.parts
        for one in parts.light_sources:
            self.light_source(one)
        for detector in parts.detectors:
            self.detector(detector)
        for each in parts.filters:
            self.filter(each)
        for mirror in parts.dichroics:
            self.dichroic(mirror)
        for filter_set in parts.filter_sets:
            self.filter_set(filter_set)
        self._link_pumps(parts.light_sources)

    def _named(self, told: Hashable, kind: str, name: str, make: Any, **values: Any) -> str:
        """The id of a part, which is made where it is not there yet."""
        if (known := self._ids.get((kind, told))) is None:
            parts = self._parts.setdefault(name, [])
            numbered = sum(1 for of_kind, _ in self._ids if of_kind == kind)
            known = self._ids[kind, told] = f"{kind}:{numbered}"
            parts.append(make(id=known, **values))
        return known

    def detector(self, told: told_of.Detector) -> str:
        """The id of a detector."""
        from ome_types import model

        values = _made(told) | enumerated("type", told.type, "Detector_Type")
        for name in ("zoom", "amplification_gain", "gain", "offset"):
            values |= number(name, getattr(told, name))
        values |= quantity("voltage", told.voltage, "UnitsElectricPotential")
        return self._named(told, "Detector", "detectors", model.Detector, **values)

    def light_source(self, told: told_of.LightSource) -> str:
        """The id of a light source."""
        from ome_types import model

        kinds = {
            "Laser": ("lasers", model.Laser), "Arc": ("arcs", model.Arc), "Filament": ("filaments", model.Filament),
            "LightEmittingDiode": ("light_emitting_diodes", model.LightEmittingDiode),
        }  # fmt: skip
        name, make = kinds.get(told.kind, ("generic_excitation_sources", model.GenericExcitationSource))
        values = _made(told) | quantity("power", told.power, "UnitsPower")
        if told.kind in ("Laser", "Arc", "Filament"):
            values |= enumerated("type", told.type, f"{told.kind}_Type")
        if told.kind == "Laser":
            values |= enumerated("laser_medium", told.medium, "Laser_LaserMedium") | enumerated("pulse", told.pulse, "Laser_Pulse")
            values |= quantity("wavelength", told.wavelength, "UnitsLength", is_positive=True)
            values |= quantity("repetition_rate", told.repetition_rate, "UnitsFrequency")
            values |= number("frequency_multiplication", told.frequency_multiplication, least=1)
            values |= {key: flag for key in ("tuneable", "pockel_cell") if (flag := getattr(told, key)) is not None}
        return self._named(told, "LightSource", name, make, **values)

    def _link_pumps(self, told: tuple[told_of.LightSource, ...]) -> None:
        from ome_types import model

        by_id = {one.id: one for one in told if one.id}
        lasers = {laser.id: laser for laser in self._parts.get("lasers", ())}
        for one in told:
            if one.kind == "Laser" and one.pump in by_id:
                lasers[self.light_source(one)].pump = model.Pump(id=self.light_source(by_id[one.pump]))

    def filter(self, told: told_of.Filter) -> str:
        """The id of a filter."""
        from ome_types import model

        values = _made(told) | enumerated("type", told.type, "Filter_Type") | text("filter_wheel", told.filter_wheel)
        span: dict[str, Any] = number("transmittance", told.transmittance, least=0, most=1)
        for name in ("cut_in", "cut_out"):
            span |= quantity(name, getattr(told, name), "UnitsLength", is_positive=True)
            tolerance = f"{name}_tolerance"
            given = getattr(told, tolerance)
            span |= quantity(tolerance, given if given and given.value >= 0 else None, "UnitsLength")
        if span:
            values["transmittance_range"] = model.TransmittanceRange(**span)
        return self._named(told, "Filter", "filters", model.Filter, **values)

    def dichroic(self, told: told_of.Dichroic) -> str:
        """The id of a dichroic mirror."""
        from ome_types import model

        return self._named(told, "Dichroic", "dichroics", model.Dichroic, **_made(told))

    def filter_set(self, told: told_of.FilterSet) -> str:
        """The id of a filter set."""
        from ome_types import model

        return self._named(told, "FilterSet", "filter_sets", model.FilterSet, **_made(told), **self._light_way(told))

    def _light_way(self, told: told_of.FilterSet | told_of.LightPath) -> dict[str, Any]:
        from ome_types import model

        found: dict[str, Any] = {}
        if told.dichroic is not None:
            found["dichroic_ref"] = model.DichroicRef(id=self.dichroic(told.dichroic))
        for name, filters in (("excitation_filters", told.excitation), ("emission_filters", told.emission)):
            if filters:
                found[name] = [model.FilterRef(id=self.filter(one)) for one in filters]
        return found

    def channel(self, told: ChannelDescription) -> dict[str, Any]:
        """How a channel was set, as fields of OME's channel."""
        from ome_types import model

        found = number("nd_filter", told.nd_filter, least=0, most=1) | number("pockel_cell_setting", told.pockel_cell_setting)
        if told.light is not None:
            found["light_source_settings"] = self._light_settings(told.light)
        if told.detector is not None:
            found["detector_settings"] = self._detector_settings(told.detector)
        if told.filter_set is not None:
            found["filter_set_ref"] = model.FilterSetRef(id=self.filter_set(told.filter_set))
        if told.light_path is not None:
            found["light_path"] = model.LightPath(**self._light_way(told.light_path))
        return found

    def _light_settings(self, told: told_of.LightSettings) -> model.LightSourceSettings:
        from ome_types import model

        values = number("attenuation", told.attenuation, least=0, most=1)
        values |= quantity("wavelength", told.wavelength, "UnitsLength", is_positive=True)
        return model.LightSourceSettings(id=self.light_source(told.source), **values)

    def _detector_settings(self, told: told_of.DetectorSettings) -> model.DetectorSettings:
        from ome_types import model

        values = enumerated("binning", told.binning, "Binning")
        for name in ("gain", "offset", "zoom"):
            values |= number(name, getattr(told, name))
        values |= number("integration", told.integration, least=1)
        values |= quantity("voltage", told.voltage, "UnitsElectricPotential")
        values |= quantity("read_out_rate", told.read_out_rate, "UnitsFrequency")
        return model.DetectorSettings(id=self.detector(told.detector), **values)

    def instrument(self) -> tuple[model.Instrument | None, model.ObjectiveSettings | None]:
        """The instrument with all parts that were named, and how the image's objective was set."""
        from ome_types import model

        microscope, lens = dict(self._told.instrument), dict(self._told.objective)
        made = {key: clean(str(microscope[key])) for key in _MADE if microscope.get(key)}
        parts: dict[str, Any] = dict(self._parts)
        if made | (kind := enumerated("type", microscope.get("type"), "Microscope_Type")):
            parts["microscope"] = model.Microscope(**made, **kind)
        settings = None
        if lens:
            parts["objectives"] = [model.Objective(id="Objective:0", **_describe_lens(lens))]
            said = number("refractive_index", lens.get("refractive_index"), least=1e-9)
            said |= number("correction_collar", lens.get("correction_collar"))
            said |= enumerated("medium", lens.get("medium"), "ObjectiveSettings_Medium")
            settings = model.ObjectiveSettings(id="Objective:0", **said)
        return (model.Instrument(id="Instrument:0", **parts) if parts else None), settings


_MADE = ("manufacturer", "model", "serial_number", "lot_number")


def _made(told: told_of.Equipment) -> dict[str, Any]:
    return {key: clean(value) for key in _MADE if (value := getattr(told, key))}


def _describe_lens(lens: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: clean(str(lens[key])) for key in _MADE if lens.get(key)}
    for key in ("nominal_magnification", "calibrated_magnification", "lens_na"):
        if isinstance(lens.get(key), int | float):
            found |= number(key, lens[key])
    if isinstance(lens.get("iris"), bool):
        found["iris"] = lens["iris"]
    distance = lens.get("working_distance_um")
    found |= quantity("working_distance", Quantity(distance, "µm") if distance else None, "UnitsLength")
    found |= enumerated("immersion", lens.get("immersion"), "Objective_Immersion")
    return found | enumerated("correction", lens.get("correction"), "Objective_Correction")


def describe_surroundings(told: ImageDescription) -> dict[str, Any]:
    """Environment and stage label, as fields of OME's image."""
    from ome_types import model

    found: dict[str, Any] = {}
    if (around := told.environment) is not None:
        values = quantity("temperature", around.temperature, "UnitsTemperature")
        values |= quantity("air_pressure", around.air_pressure, "UnitsPressure")
        values |= number("humidity", around.humidity, least=0, most=1) | number("co2_percent", around.co2, least=0, most=1)
        if around.pairs:
            values["map"] = model.Map(ms=[model.Map.M(k=clean(key), value=clean(value)) for key, value in around.pairs])
        found["imaging_environment"] = model.ImagingEnvironment(**values)
    if (stage := told.stage) is not None:
        where: dict[str, Any] = {}
        for axis in "xyz":
            where |= quantity(axis, getattr(stage, axis), "UnitsLength")
        found["stage_label"] = model.StageLabel(name=clean(stage.name) or "Stage position", **where)
    return found


def describe_experiment(told: ImageDescription) -> model.Experiment | None:
    """The experiment without its manipulations: OME wants a region of interest for each of them, and none is known."""
    from ome_types import model

    if told.experiment is None:
        return None
    kind = enumerated("type", (told.experiment.type or "").split(" ")[0], "Experiment_value")
    said = text("description", told.experiment.description) | {key: [value] for key, value in kind.items()}
    return model.Experiment(id="Experiment:0", **said)


def plane_elements(source: Source) -> Iterator[str]:
    """The Plane elements of an image, in portions; none where nothing is known of them, or there are too many."""
    table, stage = source.planes, source.description.stage_position_um
    size = source.shape.t, source.shape.c // source.samples, source.shape.z
    if stage is not None and (table is None or not any(name.startswith("position") for name in table.columns)):
        where = {f"position_{axis}": None if value is None else (value, "µm") for axis, value in zip("xyz", stage, strict=True)}
        table = PlaneTable(size, {**(table.columns if table else {}), **usable_columns(size, where)})
    if table is None or table.count > _MOST_PLANES:
        return
    units = {name: _unit_of(table, name) for name in table.columns}
    for places, values in table.portions(_AT_ONCE):
        parts = [f'<Plane TheT="{t}" TheC="{c}" TheZ="{z}"' for t, c, z in places.tolist()]
        for name, column in values.items():
            if (unit := units[name]) is not None:
                label, end = f' {_ATTRIBUTES[name]}="', f'" {_ATTRIBUTES[name]}Unit="{unit}"'
                told_values = (f"{label}{value!r}{end}" if value == value else "" for value in column.tolist())
                parts = [part + more for part, more in zip(parts, told_values, strict=True)]
        yield "/>".join([*parts, ""])


def _unit_of(table: PlaneTable, name: str) -> str | None:
    """OME's symbol of the unit of a column; None where it has none."""
    found = quantity("value", Quantity(0.0, table.columns[name].unit), _UNITS[COLUMNS[name]])
    return normalised_unit(table.columns[name].unit) if found else None
