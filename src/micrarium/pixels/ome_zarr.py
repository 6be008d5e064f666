"""OME-Zarr 0.5 metadata as plain dictionaries, the same for files that are written and for images served live.

Source: https://ngff.openmicroscopy.org/0.5/ ; the ``omero`` block as OMERO's image viewers read it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import micrarium
from micrarium.geometry import AXES, Quantity, Size, ngff_unit
from micrarium.pixels.channels import ChannelView
from micrarium.pixels.source import ImageDescription

VERSION = "0.5"
_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


def group(ome: dict[str, Any] | None = None) -> dict[str, Any]:
    """The ``zarr.json`` of a group, with ``ome`` as its OME-Zarr metadata, or of a plain group."""
    attributes: dict[str, Any] = {}
    if ome is not None:
        creator = {"name": "micrarium", "version": micrarium.__version__}
        attributes["ome"] = {"version": VERSION, "_creator": creator, **ome}
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def image_group(
    shapes: Sequence[Size],
    description: ImageDescription,
    *,
    name: str = "",
    channels: Sequence[ChannelView] = (),
    paths: Sequence[str] | None = None,
    method: str | None = None,
    label_of: str | None = None,
) -> dict[str, Any]:
    """The ``zarr.json`` of an image with levels of these shapes; ``shapes[0]`` is what physical sizes are for.

    ``paths`` names the arrays of the levels (the last ones, when there are fewer paths than shapes), ``method`` how the
    lower levels were made; ``label_of`` is the relative path of the image that a label image lies over.
    """
    is_label = label_of is not None or description.is_label
    paths = [str(i) for i in range(len(shapes))] if paths is None else paths
    ome: dict[str, Any] = {"multiscales": [_multiscale(shapes, description, name, paths, method)]}
    if channels and not is_label:
        ome["omero"] = _omero(channels, shapes[0], name or description.name)
    if is_label:
        ome["image-label"] = {"source": {"image": label_of}} if label_of is not None else {}
    return group(ome)


def _multiscale(
    shapes: Sequence[Size], description: ImageDescription, name: str, paths: Sequence[str], method: str | None
) -> dict[str, Any]:
    base = physical_scale(description)
    datasets = []
    for path, shape in zip(paths, shapes[len(shapes) - len(paths) :], strict=True):
        scale = [s * f for s, f in zip(base, downsampling_factors(shapes[0], shape), strict=True)]
        datasets.append({"path": path, "coordinateTransformations": [{"type": "scale", "scale": scale}]})
    multiscale: dict[str, Any] = {"name": name or description.name, "axes": axes(description), "datasets": datasets}
    if method is not None:
        multiscale["type"] = method
        multiscale["metadata"] = {"description": f"Each level is half the size of the one before along y and x, by {method}"}
    return multiscale


def axes(description: ImageDescription) -> list[dict[str, str]]:
    """The five axes, with units where the description has some that OME-Zarr knows."""
    quantities = _quantities(description)
    found = []
    for axis in AXES:
        entry = {"name": axis, "type": _TYPES[axis]}
        quantity = quantities.get(axis)
        unit = ngff_unit(quantity.unit) if quantity is not None and _is_size(quantity) else None
        if unit is not None:
            entry["unit"] = unit
        found.append(entry)
    return found


def physical_scale(description: ImageDescription) -> list[float]:
    """The size of a pixel along ``tczyx`` in the units of the axes; 1 where nothing is known."""
    quantities = _quantities(description)
    sizes = [quantities.get(axis) for axis in AXES]
    return [float(q.value) if q is not None and _is_size(q) else 1.0 for q in sizes]


def _quantities(description: ImageDescription) -> dict[str, Quantity | None]:
    return {
        "t": description.time_increment,
        "z": description.physical_size_z,
        "y": description.physical_size_y,
        "x": description.physical_size_x,
    }


def _is_size(quantity: Quantity) -> bool:
    return math.isfinite(quantity.value) and quantity.value > 0


def downsampling_factors(full: Size, level: Size) -> list[float]:
    """How many pixels of the full resolution lie in one of the level, along each axis.

    The same power of two along y and x where the shapes are those of halving, whichever way remainders were rounded;
    else for each axis a whole number where that fits, else the quotient of the lengths.
    """
    longer = max((full.y, level.y), (full.x, level.x))
    power = 2.0 ** max(0, round(math.log2(longer[0] / longer[1])))
    if all(_is_divided(a, b, int(power)) for a, b in ((full.y, level.y), (full.x, level.x))):
        return [*(_factor(a, b) for a, b in zip(full[:3], level[:3], strict=True)), power, power]
    return [_factor(a, b) for a, b in zip(full, level, strict=True)]


def _is_divided(length: int, shorter: int, factor: int) -> bool:
    return shorter in (max(1, length // factor), -(-length // factor))


def _factor(length: int, shorter: int) -> float:
    ratio = length / shorter
    whole = round(ratio)
    return float(whole) if whole and _is_divided(length, shorter, whole) else ratio


def _omero(channels: Sequence[ChannelView], shape: Size, name: str) -> dict[str, Any]:
    entries = []
    for view in channels:
        window = {"start": view.window[0], "end": view.window[1], "min": view.limits[0], "max": view.limits[1]}
        entry = {"label": view.label, "color": view.color, "window": window, "active": view.active}
        entries.append(entry | {"coefficient": 1, "family": "linear", "inverted": False})
    defaults = {"defaultT": 0, "defaultZ": shape.z // 2, "model": "color"}
    return {"name": name, "channels": entries, "rdefs": defaults}


def path_safe(name: str) -> str:
    """The name as one part of a path: no slash, no control character, not one of the names Zarr keeps for itself."""
    safe = "".join("_" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in name).strip()
    if not safe.strip(".") or safe.startswith("__") or safe == "zarr.json":
        return f"_{safe}" if safe.strip(".") else "unnamed"
    return safe


def labels_group(names: Iterable[str]) -> dict[str, Any]:
    """The ``zarr.json`` of the ``labels`` group, which lists the label images."""
    return group({"labels": list(names)})


def row_name(row: int) -> str:
    """The letters of a plate's row, from 0: A to Z, then AA and on."""
    name = ""
    while row >= 0:
        name = chr(ord("A") + row % 26) + name
        row = row // 26 - 1
    return name


def well_path(row: int, column: int) -> str:
    """Where a well lies in its plate, such as ``B/3``."""
    return f"{row_name(row)}/{column + 1}"


def plate_group(
    name: str, *, rows: int, columns: int, wells: Iterable[tuple[int, int]], field_count: int, acquisitions: Iterable[int] = (0,)
) -> dict[str, Any]:
    """The ``zarr.json`` of a plate; ``wells`` are zero-based (row, column) of those that have images."""
    entries = [{"path": well_path(row, column), "rowIndex": row, "columnIndex": column} for row, column in sorted(set(wells))]
    runs = [{"id": run, "name": f"Run {run}", "maximumfieldcount": field_count} for run in sorted(set(acquisitions))]
    plate = {
        "version": VERSION,  # readers made for earlier versions look for it here
        "name": name,
        "rows": [{"name": row_name(i)} for i in range(rows)],
        "columns": [{"name": str(i + 1)} for i in range(columns)],
        "wells": entries,
        "field_count": field_count,
        "acquisitions": runs,
    }
    return group({"plate": plate})


def well_group(fields: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """The ``zarr.json`` of a well: the path and the acquisition of each field."""
    return group({"well": {"images": [{"path": path, "acquisition": run} for path, run in fields]}})


def collection_group() -> dict[str, Any]:
    """The ``zarr.json`` above several images, in the layout of bioformats2raw."""
    return group({"bioformats2raw.layout": 3})


def series_group(paths: Sequence[str]) -> dict[str, Any]:
    """The ``zarr.json`` of the ``OME`` group of a collection: the paths of its images in the order of the OME-XML."""
    return group({"series": list(paths)})
