"""The rules of OME-Zarr 0.4 and 0.5 for metadata: what the JSON schemas say, and what the text of the specification adds.

Sources: https://ngff.openmicroscopy.org/0.4/ and https://ngff.openmicroscopy.org/0.5/ . What is only recommended there is
reported as a warning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from micrarium.exchange.findings import Cursor, is_kind

VERSIONS = ("0.4", "0.5")

_SI = "(yotta|zetta|exa|peta|tera|giga|mega|kilo|hecto|deci|centi|milli|micro|nano|pico|femto|atto|zepto|yocto)?"
_UNITS = {
    "space": (re.compile(f"{_SI}meter|angstrom|foot|inch|mile|parsec|yard"), "micrometer"),
    "time": (re.compile(f"{_SI}second|minute|hour|day"), "second"),
}
_ORDER = {"time": 0, "channel": 1, "space": 2}
_NAME = re.compile(r"[A-Za-z0-9]+")
_WELL_PATH = re.compile(r"([A-Za-z0-9]+)/([A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One level of a multiscale as its metadata give it: the array's path and its scale (None where it is wrong)."""

    path: str
    scale: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class MultiscaleEntry:
    """What a multiscale's metadata say: the names of its axes (None where they are wrong) and its levels."""

    axes: tuple[str, ...] | None
    types: tuple[str, ...]
    datasets: tuple[DatasetEntry, ...]


def read_multiscales(ome: Cursor, *, version: str) -> list[MultiscaleEntry]:
    """Check ``multiscales`` and give back what they say."""
    multiscales = ome.get("multiscales", "a list", is_required=True)
    if multiscales is None:
        return []
    if not multiscales.value:
        multiscales.error("is empty")
    multiscales.check_unique()
    return [_read_multiscale(entry, version=version) for entry in multiscales.items("an object")]


def _read_multiscale(entry: Cursor, *, version: str) -> MultiscaleEntry:
    entry.get("name", "a text")
    check_version(entry, version=version)
    axes = _read_axes(entry)
    count = len(axes[0]) if axes else None
    if "coordinateTransformations" in entry.value:
        _read_transformations(entry, count)
    datasets = entry.get("datasets", "a list", is_required=True)
    found = []
    if datasets is not None:
        if not datasets.value:
            datasets.error("is empty")
        for dataset in datasets.items("an object"):
            path = dataset.get("path", "a text", is_required=True)
            scale = _read_transformations(dataset, count)
            if path is not None:
                found.append(DatasetEntry(path.value, scale))
        if len({dataset.path for dataset in found}) < len(found):
            datasets.error("names the same path twice")
    names, types = axes if axes else (None, ())
    return MultiscaleEntry(names, types, tuple(found))


def check_version(entry: Cursor, *, version: str) -> None:
    """Check the version inside of an 0.4 block, which has to be the version of the whole when it is there."""
    if version != "0.4" or "version" not in entry.value:
        return
    found = entry.get("version", "a text")
    if found is not None and found.value.split("-dev")[0] != version:
        found.error(f"is {found.value}, where the rest is {version}")


def _read_axes(entry: Cursor) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    axes = entry.get("axes", "a list", is_required=True)
    if axes is None:
        return None
    if not 2 <= len(axes.value) <= 5:
        axes.error(f"should have 2 to 5 axes, not {len(axes.value)}")
    names, types = [], []
    for axis in axes.items("an object"):
        name = axis.get("name", "a text", is_required=True)
        kind = axis.get("type", "a text")
        names.append(name.value if name else "")
        types.append(kind.value if kind else "")
        _check_unit(axis, types[-1])
    if len(set(names)) < len(names):
        axes.error(f"should have a different name each, not {', '.join(names)}")
    _check_axis_types(axes, types)
    return (tuple(names), tuple(types)) if len(names) == len(axes.value) and all(names) else None


def _check_axis_types(axes: Cursor, types: Sequence[str]) -> None:
    # The schema takes an axis without a type for one of space.
    spaces = types.count("space") + types.count("")
    if not 2 <= spaces <= 3:
        axes.error(f"should have 2 or 3 axes of type space, not {spaces}")
    for kind in ("time", "channel"):
        if types.count(kind) > 1:
            axes.error(f"should have at most one axis of type {kind}")
    order = [_ORDER.get(kind, 1) for kind in types]
    if order != sorted(order):
        axes.error(f"should be in the order time, channel, space; they are {', '.join(kind or 'untyped' for kind in types)}")


def _check_unit(axis: Cursor, kind: str) -> None:
    unit = axis.get("unit", "a text")
    if unit is None:
        return
    if kind in _UNITS and not _UNITS[kind][0].fullmatch(unit.value):
        unit.warn(f"is {unit.value!r}, which is no unit of {kind} that OME-Zarr lists (such as {_UNITS[kind][1]})")


def _read_transformations(entry: Cursor, count: int | None) -> tuple[float, ...] | None:
    """The scale of a list of transformations, which has one, and after it at most one translation."""
    transformations = entry.get("coordinateTransformations", "a list", is_required=True)
    if transformations is None:
        return None
    kinds: list[str] = []
    scale: tuple[float, ...] | None = None
    for one in transformations.items("an object"):
        kind = one.get("type", "a text", is_required=True)
        if kind is None:
            continue
        kinds.append(kind.value)
        if kind.value not in ("scale", "translation"):
            kind.error(f"should be scale or translation, not {kind.value!r}")
            continue
        values = one.get(kind.value, "a list", is_required=True)
        numbers = values.numbers() if values else None
        if values is None or numbers is None:
            continue
        if len(numbers) != count and (count is not None or len(numbers) < 2):
            values.error(f"should have one number for each axis: {count or 'at least 2'}, not {len(numbers)}")
        elif kind.value == "scale":
            scale = tuple(numbers)
            if min(numbers) <= 0:
                values.warn("has a scale that is not above zero")
    if kinds.count("scale") != 1:
        transformations.error(f"should have exactly one scale, not {kinds.count('scale')}")
    if kinds.count("translation") > 1 or (kinds[:1] == ["translation"] and "scale" in kinds):
        transformations.error("should have at most one translation, after the scale")
    return scale


def check_omero(ome: Cursor, *, version: str, channels: int | None) -> None:
    """Check the ``omero`` block: its form, and whether its windows and colours make sense."""
    omero = ome.get("omero", "an object")
    entries = omero.get("channels", "a list", is_required=True) if omero else None
    if entries is None:
        return
    is_strict = version == "0.4"
    for entry in entries.items("an object"):
        entry.get("label", "a text")
        entry.get("family", "a text")
        entry.get("active", "true or false")
        color = entry.get("color", "a text", is_required=is_strict)
        if color is not None and not re.fullmatch(r"#?[0-9A-Fa-f]{6}", color.value):
            color.warn(f"is {color.value!r}, which is no colour of six hexadecimal digits")
        _check_window(entry, is_strict=is_strict)
    if channels is not None and len(entries.value) != channels:
        entries.warn(f"describes {len(entries.value)} channels, where the image has {channels}")


def _check_window(entry: Cursor, *, is_strict: bool) -> None:
    window = entry.get("window", "an object", is_required=is_strict)
    if window is None:
        return
    values = [window.get(key, "a number", is_required=True) for key in ("min", "start", "end", "max")]
    if all(values):
        least, start, end, most = (value.value for value in values if value)
        if not start <= end:
            window.warn(f"starts at {start} and ends at {end}")
        elif not (least <= start and end <= most):
            window.warn(f"reaches from {start} to {end}, beyond its limits of {least} to {most}")


def check_image_label(ome: Cursor, *, version: str) -> None:
    """Check ``image-label``."""
    label = ome.get("image-label", "an object")
    if label is None:
        return
    check_version(label, version=version)
    for key, kind in (("colors", "a number"), ("properties", "a whole number")):
        entries = label.get(key, "a list")
        if entries is None:
            continue
        if not entries.value:
            entries.error("is empty")
        entries.check_unique()
        values = []
        for entry in entries.items("an object"):
            value = entry.get("label-value", kind, is_required=True)
            values.append(value.value if value else None)
            _check_rgba(entry)
        if len(set(values)) < len(values):
            entries.error("says something twice about one label value")
    source = label.get("source", "an object")
    if source is not None:
        source.get("image", "a text")


def _check_rgba(entry: Cursor) -> None:
    rgba = entry.get("rgba", "a list") if "rgba" in entry.value else None
    if rgba is not None and (len(rgba.value) != 4 or not all(is_kind(v, "a whole number") and 0 <= v <= 255 for v in rgba.value)):
        rgba.error("should be four whole numbers from 0 to 255")


def read_plate(ome: Cursor, *, version: str) -> tuple[list[str], set[int]]:
    """Check ``plate``; gives the paths of its wells and the ids of its acquisitions."""
    plate = ome.get("plate", "an object", is_required=True)
    if plate is None:
        return [], set()
    check_version(plate, version=version)
    plate.get("name", "a text")
    count = plate.get("field_count", "a whole number")
    if count is not None and count.value < 1:
        count.error("should be at least 1")
    rows, columns = (_read_names(plate, key) for key in ("rows", "columns"))
    return _read_wells(plate, rows, columns), _read_acquisitions(plate)


def _read_names(plate: Cursor, key: str) -> list[str] | None:
    entries = plate.get(key, "a list", is_required=True)
    if entries is None:
        return None
    if not entries.value:
        entries.error("is empty")
    names = []
    for entry in entries.items("an object"):
        name = entry.get("name", "a text", is_required=True)
        if name is not None and not _NAME.fullmatch(name.value):
            name.error(f"should have letters and digits only, not {name.value!r}")
        names.append(name.value if name else "")
    if len(set(names)) < len(names):
        entries.error("should have a different name each")
    return names


def _read_wells(plate: Cursor, rows: list[str] | None, columns: list[str] | None) -> list[str]:
    wells = plate.get("wells", "a list", is_required=True)
    if wells is None:
        return []
    if not wells.value:
        wells.error("is empty")
    paths = []
    for well in wells.items("an object"):
        path = well.get("path", "a text", is_required=True)
        row = _read_index(well, "rowIndex", rows)
        column = _read_index(well, "columnIndex", columns)
        if path is None:
            continue
        if not _WELL_PATH.fullmatch(path.value):
            path.error(f"should be the name of a row, a slash and the name of a column, not {path.value!r}")
            continue
        paths.append(path.value)
        if row is not None and column is not None and path.value != f"{row}/{column}":
            path.error(f"is {path.value}, where row and column index say {row}/{column}")
    if len(set(paths)) < len(paths):
        wells.error("has the same well twice")
    return paths


def _read_index(well: Cursor, key: str, names: list[str] | None) -> str | None:
    index = well.get(key, "a whole number", is_required=True)
    if index is None:
        return None
    if index.value < 0 or (names is not None and index.value >= len(names)):
        index.error(f"is {index.value}, outside of the {len(names or ())} there are")
        return None
    return names[int(index.value)] if names is not None else None


def _read_acquisitions(plate: Cursor) -> set[int]:
    acquisitions = plate.get("acquisitions", "a list")
    ids: list[int] = []
    for entry in acquisitions.items("an object") if acquisitions else ():
        for key in ("name", "description"):
            entry.get(key, "a text")
        for key, least in (("id", 0), ("maximumfieldcount", 1), ("starttime", 0), ("endtime", 0)):
            value = entry.get(key, "a whole number", is_required=key == "id")
            if value is not None and value.value < least:
                value.error(f"should be at least {least}, not {value.value}")
            elif value is not None and key == "id":
                ids.append(int(value.value))
    if acquisitions is not None and len(set(ids)) < len(ids):
        acquisitions.error("should have a different id each")
    return set(ids)


def read_well(ome: Cursor, *, version: str, acquisitions: set[int] | None) -> list[str]:
    """Check ``well``; gives the paths of its fields. ``acquisitions`` are the ids its plate has, None where unknown."""
    well = ome.get("well", "an object", is_required=True)
    images = well.get("images", "a list", is_required=True) if well else None
    if well is None or images is None:
        return []
    check_version(well, version=version)
    if not images.value:
        images.error("is empty")
    paths = []
    for image in images.items("an object"):
        path = image.get("path", "a text", is_required=True)
        run = image.get("acquisition", "a whole number", is_required=len(acquisitions or ()) > 1)
        if run is not None and acquisitions and run.value not in acquisitions:
            run.error(f"is {run.value}, which the plate does not list among its acquisitions")
        if path is None:
            continue
        if not _NAME.fullmatch(path.value):
            path.error(f"should have letters and digits only, not {path.value!r}")
        else:
            paths.append(path.value)
    if len(set(paths)) < len(paths):
        images.error("has the same field twice")
    return paths
