"""What imported images and plates are called: after their files, or by a name in which words in braces stand for parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from micrarium.actions.recording import clean
from micrarium.model import Plate

#: ``{file}`` a01.czi, ``{stem}`` a01, ``{folder}`` the folder it lies in, ``{image}`` the name the file gives, ``{number}``.
_WORD = re.compile(r"\{(file|stem|folder|image|number)\}")


def name_image(wanted: str | None, path: Path, told: str, *, count: int, number: int) -> str:
    """The name of an image: that of its file, or the one wanted; in a file of several images that of the image behind it."""
    if wanted is None:
        name = path.name
    else:
        name = _fill(wanted, path, told, number)
        if "{image}" in wanted or "{number}" in wanted:
            return name
    return name if count == 1 else f"{name} [{told or number + 1}]"


def name_plates(plates: Sequence[Plate], wanted: str | None, path: Path) -> None:
    """Give plates the name wanted, if any."""
    for number, plate in enumerate(plates if wanted else ()):
        name = name_image(wanted, path, plate.name, count=len(plates), number=number)
        plate.name = clean(name)[:1000] or plate.name


def _fill(wanted: str, path: Path, told: str, number: int) -> str:
    stem = path.name.split(".")[0] or path.name
    words = {"file": path.name, "stem": stem, "folder": path.parent.name, "image": told or stem, "number": str(number + 1)}
    return _WORD.sub(lambda found: words[found[1]], wanted)
