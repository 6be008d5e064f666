"""Indexes of plates in XML, read as a stream: an element for every plane makes them too long to hold as a tree."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from xml.parsers import expat

from micrarium.errors import UnreadableFile
from micrarium.formats.markup import MOST_LEVELS

_STEP_BYTES = 1 << 20
_LARGEST_BYTES = 4 << 30
_MOST_RECORDS = 10_000_000
_MOST_NOTES = 20_000
_LONGEST_NOTE = 65536
_INVALID_TOKEN = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
_FRACTION = re.compile(r"\.([0-9]+)")


@dataclass(slots=True)
class Record:
    """An element of an index: its name, and by their names the texts and attributes of it and of what lies in it.

    The text of the element itself is named "", an attribute of an inner element ``URL.BufferNo``.
    """

    kind: str
    values: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A text, empty where there is none."""
        return self.values.get(name, "")

    def number(self, name: str) -> float | None:
        """A number, None where there is none."""
        with suppress(ValueError):
            value = float(self.values[name]) if name in self.values else None
            return value if value is not None and isfinite(value) else None
        return None

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number."""
        value = self.number(name)
        return default if value is None or abs(value) > 1e9 else int(value)

    def positive(self, name: str) -> float | None:
        """A number above zero, None where there is none."""
        value = self.number(name)
        return value if value is not None and value > 0 else None


@dataclass(slots=True)
class Records:
    """The records of an index in their order, and all else it says by its path."""

    found: list[Record] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[Record]:
        """The records of one kind."""
        return [record for record in self.found if record.kind == kind]

    def note(self, ending: str) -> str:
        """The first note whose path ends so, such as ``.PlateRows``; empty where there is none."""
        return next((value for path, value in self.notes.items() if path.endswith(ending)), "")


class _Collector:
    """What the parser tells what it meets: no tree is kept."""

    def __init__(self, kinds: Mapping[str, Collection[str] | None]) -> None:
        self.records = Records()
        self._kinds = {kind: None if wanted is None else frozenset(wanted) for kind, wanted in kinds.items()}
        self._wanted: frozenset[str] | None = None
        self._path: list[str] = []
        self._text: list[str] = []
        self._record: Record | None = None
        self._begun = 0
        self._known: dict[str, str] = {}

    def doctype(self, name: str, *_ids: object) -> None:
        raise ValueError(f"it declares a document type ({name}), which an index never needs")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._path.append(name)
        self._text.clear()
        if len(self._path) > MOST_LEVELS:
            raise ValueError(f"it has more than {MOST_LEVELS} levels of elements")
        if self._record is None and name in self._kinds:
            self._record, self._begun, self._wanted = Record(name), len(self._path), self._kinds[name]
            if len(self.records.found) >= _MOST_RECORDS:
                raise ValueError(f"it has more than {_MOST_RECORDS} entries")
            self.records.found.append(self._record)
        if attributes:
            prefix = self._inner()
            for key, value in attributes.items():
                local = key.rpartition(":")[2]
                self._say(f"{prefix}.{local}" if prefix else local, value)

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, _tag: str) -> None:
        if self._text:
            text = "".join(self._text).strip()
            self._text.clear()
            if text:
                self._say(self._inner(), text)
        if self._record is not None and len(self._path) == self._begun:
            self._record = None
        self._path.pop()

    def _inner(self) -> str:
        """The path within the record, or from the root on."""
        path, begun = self._path, 0 if self._record is None else self._begun
        return path[-1] if len(path) == begun + 1 else ".".join(path[begun:])

    def _say(self, key: str, value: str) -> None:
        if self._record is None:
            if len(self.records.notes) < _MOST_NOTES:
                self.records.notes.setdefault(key, value[:_LONGEST_NOTE])
        elif self._wanted is None or key in self._wanted:
            short = value[:_LONGEST_NOTE]
            self._record.values.setdefault(self._known.setdefault(key, key), self._known.setdefault(short, short))


def read_records(path: Path, kinds: Mapping[str, Collection[str] | None]) -> Records:
    """The elements of these kinds in an index, with those of their values that are named (None: all), and all else it says.

    Raises ``UnreadableFile`` for what is not well formed, or declares a document type.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise UnreadableFile(f"{path.name} is larger than {_LARGEST_BYTES >> 30} GiB, which no index of images is")
        try:
            return _read(path, kinds, encoding=None)
        except expat.ExpatError as error:
            if error.code != _INVALID_TOKEN:
                raise
            return _read(path, kinds, encoding="iso-8859-1")  # some write Latin-1 and do not say so
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise UnreadableFile(f"{path.name} cannot be read, it may be damaged or cut short: {error}") from error


def _read(path: Path, kinds: Mapping[str, Collection[str] | None], *, encoding: str | None) -> Records:
    collector = _Collector(kinds)
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = collector.doctype
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.data
    with path.open("rb") as file:
        while piece := file.read(_STEP_BYTES):
            parser.Parse(piece, False)
    parser.Parse(b"", True)
    return collector.records


def parse_moment(text: str) -> datetime | None:
    """A time as indexes write it, with any number of digits behind the second; in UTC where it names no zone."""
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(_FRACTION.sub(lambda found: f".{found[1][:6]:0<6}", text.strip(), count=1))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
