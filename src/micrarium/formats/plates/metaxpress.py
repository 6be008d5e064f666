"""MetaXpress and ImageXpress: plates with an HTD file, and the layout of their database without one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from micrarium.formats.plates.gathering import TIFFS, GatheringReader
from micrarium.formats.plates.listings import Listing, list_folder

if TYPE_CHECKING:
    from micrarium.formats.plates.layouts import Layout

HTD_MAGIC = b'"HTSInfoFile"'
_UUID = r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"
#: The wavelength's number ends where a UUID of 8 more hexadecimal digits begins.
_IMAGE = re.compile(
    r"(?P<plate>.+?)_(?P<well>[A-Z]{1,2}[0-9]{2,3})(?:_s(?P<site>[0-9]+))?(?:_w(?P<wave>[0-9]{1,2}?))?(?:_z(?P<z>[0-9]+))?"
    rf"(?:_t(?P<t>[0-9]+))?(?P<thumb>_thumb)?(?P<uuid>{_UUID})?\.tiff?",
    re.IGNORECASE,
)
TIME_POINT = re.compile(r"TimePoint_([0-9]+)", re.IGNORECASE)
Z_STEP = re.compile(r"ZStep_([0-9]+)", re.IGNORECASE)


class ImageName(NamedTuple):
    """What the name of an image of MetaXpress says; numbers are None where it does not."""

    plate: str
    well: str
    site: int | None
    wave: int | None
    z: int | None
    t: int | None
    is_thumbnail: bool
    has_uuid: bool


def parse_image_name(name: str) -> ImageName | None:
    """What the name of an image says, None where it is not one of MetaXpress."""
    found = _IMAGE.fullmatch(name)
    if found is None:
        return None
    site, wave, z, t = (None if found[key] is None else int(found[key]) for key in ("site", "wave", "z", "t"))
    return ImageName(found["plate"], found["well"], site, wave, z, t, bool(found["thumb"]), bool(found["uuid"]))


class MetaXpressReader(GatheringReader):
    """Reads plates of MetaXpress by their HTD, by any of their images or by their folder."""

    name = "metaxpress"
    suffixes = (".htd", *TIFFS)

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether this is an HTD file, or an image that one, or the layout of the database, belongs to."""
        is_index = path.name.lower().endswith(".htd")
        return (head.startswith(HTD_MAGIC) or not is_index) and super().recognises(head, path)

    def find_head(self, path: Path) -> Path | None:
        """The topmost HTD of the plate; in a database without any, the first image of the plate."""
        root, inner = plate_folder(path.parent)
        if path.name.lower().endswith(".htd"):
            return _same_htd(root, path)
        image = parse_image_name(path.name)
        if image is None:
            return None
        for folder in [root, *inner]:
            if (htd := htd_of(folder, image.plate)) is not None:
                return folder / htd
        if not inner and not image.has_uuid:
            return None
        return _first_image(root, image.plate.lower())

    def arrange(self, head: Path) -> Layout:
        """The plate of an HTD or of a database."""
        from micrarium.formats.plates.metaxpress_layout import arrange_plate

        return arrange_plate(head)


def plate_folder(folder: Path) -> tuple[Path, list[Path]]:
    """The folder of a plate that a folder for a time point or a z step lies in, and those folders, the outer one first."""
    inner: list[Path] = []
    for pattern in (Z_STEP, TIME_POINT):
        if pattern.fullmatch(folder.name):
            inner.insert(0, folder)
            folder = folder.parent
    return folder, inner


def htd_of(folder: Path, plate: str) -> str | None:
    """The HTD in a folder of the plate that images name: of the same name, else of the longest that theirs begins with."""
    htds = list_folder(folder).derive("htd", _htds)
    stems = (plate.lower(), *_shortened(plate.lower()))
    return next((htds[stem] for stem in stems if stem in htds), None)


def _htds(listing: Listing) -> dict[str, str]:
    return {name[:-4].lower(): name for name in listing.files if name.lower().endswith(".htd")}


def _shortened(stem: str) -> list[str]:
    """What an HTD may be called beside the images' own stem: exports add the number of the plate."""
    parts = stem.split("_")
    return ["_".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def _same_htd(root: Path, path: Path) -> Path:
    """The copy of this HTD that lies highest."""
    beside = list_folder(root).derive("htd", _htds)
    if path.name[:-4].lower() in beside:
        return root / beside[path.name[:-4].lower()]
    time_point = path.parent.parent
    above = list_folder(time_point).find(path.name) if time_point != root and time_point.is_relative_to(root) else None
    return time_point / above if above else path


def image_folders(root: Path) -> list[tuple[int, int | None, Path]]:
    """The folders of a plate that may hold images, each with its time point and its z step, None where it names none."""
    found: list[tuple[int, int | None, Path]] = []
    for folder, time_point in [(root, None), *_numbered(root, TIME_POINT)]:
        found.append((time_point or 1, None, folder))
        found += [(time_point or 1, z, inner) for inner, z in _numbered(folder, Z_STEP)]
    return found


def _numbered(folder: Path, pattern: re.Pattern[str]) -> list[tuple[Path, int]]:
    named = [(name, pattern.fullmatch(name)) for name in list_folder(folder).folders]
    return sorted(((folder / name, int(found[1])) for name, found in named if found), key=lambda one: (one[1], one[0]))


def _first_images(listing: Listing) -> dict[str, str]:
    """The first image of each plate in a folder."""
    found: dict[str, str] = {}
    for name in listing.files:
        image = parse_image_name(name)
        if image is not None and not image.is_thumbnail:
            found.setdefault(image.plate.lower(), name)
    return found


def _first_image(root: Path, plate: str) -> Path | None:
    for _, _, folder in image_folders(root):
        if (name := list_folder(folder).derive("metaxpress", _first_images).get(plate)) is not None:
            return folder / name
    return None
