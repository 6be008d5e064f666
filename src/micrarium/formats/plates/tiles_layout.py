"""What a table of tiles and its acquisition details say of each field, channel and plane."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from micrarium.errors import UnreadableFile
from micrarium.formats.plates.cellvoyager import IMAGE
from micrarium.formats.plates.layouts import Entry, ImagePlace, Layout, arrange, describe_plate, place_on_plate
from micrarium.formats.plates.listings import find_below, list_folder
from micrarium.formats.plates.tiles import DETAILS, REQUIRED, read_table
from micrarium.formats.plates.wells import parse_well
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription

_LARGEST_BYTES = 1 << 20
_MOST_LENGTH = 100_000
_KNOWN = {
    *REQUIRED,
    *(f"{what}_{axis}" for what in ("start", "length") for axis in "zct"),
    *("fov_name", "xy_pixel_size", "z_spacing", "t_spacing", "channel_names", "wavelengths"),
}
_SPACINGS = {"x": "xy_pixel_size", "y": "xy_pixel_size", "z": "z_spacing", "t": "t_spacing"}


@dataclass(frozen=True, slots=True)
class _Tile:
    """One row of the table: the field it belongs to, its file, where it begins (t, c, z) and how long it is."""

    key: tuple[int, int, str]
    named: str
    start: tuple[int, int, int]
    length: tuple[int, int, int]
    position_um: tuple[float | None, float | None]
    row: dict[str, str]


def arrange_plate(head: Path) -> Layout:
    """The layout of the plate that a table describes."""
    details = _read_details(head.parent)
    rows = read_table(head)
    tiles = [_as_tile(row, details, f"{head.name}, line {number + 2}") for number, row in enumerate(rows)]
    if not tiles:
        raise UnreadableFile(f"{head.name} names no files")
    names = _fields(tiles)
    entries = [entry for tile in tiles for entry in _entries(tile, head.parent, names[tile.key[:2]].index(tile.key[2]))]
    many = max(map(len, names.values()))
    firsts: dict[tuple[int, int, str], _Tile] = {}
    for tile in tiles:
        firsts.setdefault(tile.key, tile)

    def place_of(key: tuple[Any, ...]) -> ImagePlace:
        field = names[key[:2]][key[2]]
        place = place_on_plate(*key, fields=many)
        x, y = firsts[*key[:2], field].position_um
        name = f"{place.name.split()[0]} {field}" if field else place.name
        return ImagePlace(name, place.well, {} if x is None and y is None else {"stage_position_um": (x, y, None)})

    channels = dict(enumerate(_channels(rows[0], details)))
    others = [head.parent / name for name in list_folder(head.parent).files if name.lower() == DETAILS]
    layout = arrange(
        head,
        entries,
        place_of=place_of,
        channel_of=lambda c: channels.get(c, ChannelDescription()),
        others=others,
    )
    layout.told = _sizes(rows[0], details)
    layout.plates = (describe_plate(_plate_name([tile.named for tile in tiles]), set(names)),)
    layout.metadata = {key: str(value) for key, value in details.items()}
    for tile in tiles:
        label = _label(tile)
        layout.metadata |= {f"{label}.{key}": value for key, value in tile.row.items() if key not in _KNOWN and value}
    return layout


def _fields(tiles: list[_Tile]) -> dict[tuple[int, int], list[str]]:
    """The names of the fields of each well, in the order of the table."""
    names: dict[tuple[int, int], list[str]] = {}
    for tile in tiles:
        known = names.setdefault(tile.key[:2], [])
        if tile.key[2] not in known:
            known.append(tile.key[2])
    return names


def _label(tile: _Tile) -> str:
    """What further columns of a tile are kept under: its well and field."""
    return f"{chr(ord('A') + tile.key[0]) if tile.key[0] < 26 else tile.key[0] + 1}{tile.key[1] + 1:02d} {tile.key[2]}".strip()


def _read_details(folder: Path) -> dict[str, Any]:
    """The acquisition details beside a table. Raises ``UnreadableFile`` when they are damaged."""
    name = list_folder(folder).find(DETAILS)
    if name is None:
        return {}
    try:
        with (folder / name).open("rb") as file:
            return tomllib.loads(file.read(_LARGEST_BYTES).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(f"{name} is damaged or no TOML: {error}") from error


def _as_tile(row: dict[str, str], details: dict[str, Any], where: str) -> _Tile:
    """A row as a tile. Raises ``UnreadableFile`` naming the line and the column that are wrong."""
    well = parse_well(f"{row['row']}{row['column']}") if not row["row"].isdigit() else None
    if row["row"].isdigit() and row["column"].isdigit():
        well = (int(row["row"]) - 1, int(row["column"]) - 1)
    if well is None or not row["file_path"] or min(well) < 0 or max(well) > 98:
        raise UnreadableFile(f"{where}: a file_path, a row such as A or 1 and a column such as 1 are needed")
    start = {axis: _start(row, axis, details, where) for axis in "tcz"}
    length = {axis: max(1, int(_number(row, f"length_{axis}", where) or 1)) for axis in "tcz"}
    if any(not 0 <= start[axis] <= _MOST_LENGTH or length[axis] > _MOST_LENGTH for axis in "tcz"):
        raise UnreadableFile(f"{where}: a tile cannot begin at {start} and be {length} long")
    field = row.get("fov_name") or f"{row['start_x']}, {row['start_y']}"
    position = (_position(row, "x", details, where), _position(row, "y", details, where))
    at, long = (start["t"], start["c"], start["z"]), (length["t"], length["c"], length["z"])
    return _Tile((*well, field), row["file_path"], at, long, position, row)


def _number(row: dict[str, str], name: str, where: str) -> float | None:
    text = row.get(name, "")
    if not text:
        return None
    with suppress(ValueError):
        value = float(text)
        if isfinite(value):
            return value
    raise UnreadableFile(f"{where}: {name} is to be a number, not {text[:40]!r}")


def _spacing(row: dict[str, str], axis: str, details: dict[str, Any]) -> float | None:
    """The size of a pixel or step: the table goes before the details."""
    for told in (row, details):
        with suppress(TypeError, ValueError):
            value = float(told.get(_SPACINGS[axis]) or "")
            if 0 < value < 1e12:
                return value
    return None


def _start(row: dict[str, str], axis: str, details: dict[str, Any], where: str) -> int:
    """Where a tile begins along t, c or z, in planes; in units of the world where the details do not say otherwise."""
    value = _number(row, f"start_{axis}", where) or 0.0
    is_world = axis != "c" and details.get(f"start_{axis}_space", "world") == "world"
    return round(value / (_spacing(row, axis, details) or 1.0)) if is_world else round(value)


def _position(row: dict[str, str], axis: str, details: dict[str, Any], where: str) -> float | None:
    value = _number(row, f"start_{axis}", where)
    if value is None or details.get(f"start_{axis}_space", "world") == "world":
        return value
    size = _spacing(row, axis, details)
    return None if size is None else value * size


def _entries(tile: _Tile, folder: Path, field: int) -> list[Entry]:
    """The planes of a tile; a file of several holds them with z fastest, then c, then t."""
    path = find_below(folder, tile.named) or find_below(folder, f"data/{tile.named}")
    (t0, c0, z0), (many_t, many_c, many_z) = tile.start, tile.length
    key = (tile.key[0], tile.key[1], field)
    return [
        Entry(key, t0 + t, c0 + c, z0 + z, path, (t * many_c + c) * many_z + z, named=tile.named)
        for t in range(many_t)
        for c in range(many_c)
        for z in range(many_z)
    ]


def _channels(row: dict[str, str], details: dict[str, Any]) -> list[ChannelDescription]:
    """The channels by their names and wavelengths, which the table separates by slashes."""
    texts = {}
    for name in ("channel_names", "wavelengths"):
        own, told = row.get(name, ""), details.get(name)
        texts[name] = own.split("/") if own else [str(value) for value in told] if isinstance(told, list) else []
    waves = [
        float(text) if text.replace(".", "", 1).isdigit() and 100 <= float(text) <= 3000 else None for text in texts["wavelengths"]
    ]
    count = max(len(texts["channel_names"]), len(waves))
    names = texts["channel_names"] + texts["wavelengths"][len(texts["channel_names"]) :]
    return [ChannelDescription(name=names[n], excitation_nm=waves[n] if n < len(waves) else None) for n in range(count)]


def _sizes(row: dict[str, str], details: dict[str, Any]) -> dict[str, Any]:
    named = (
        ("physical_size_x", "x", "µm"),
        ("physical_size_y", "y", "µm"),
        ("physical_size_z", "z", "µm"),
        ("time_increment", "t", "s"),
    )
    return {name: Quantity(value, unit) for name, axis, unit in named if (value := _spacing(row, axis, details)) is not None}


def _plate_name(paths: list[str]) -> str:
    """What the files' names begin with: a table gives no name to its plate."""
    names = sorted({path.replace("\\", "/").rsplit("/", 1)[-1] for path in paths})
    image = IMAGE.fullmatch(names[0])
    if image is not None:
        return image["plate"]
    common, *others = (name.rpartition(".")[0] for name in names)
    while others and not all(name.startswith(common) for name in others):
        common = common[:-1]
    return (others and common.strip("_-. ")) or "Plate"
