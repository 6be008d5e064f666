"""The notes of an EMI file of FEI's TIA: XML among bytes that nobody documents, about the SER files beside it."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from micrarium.formats.lif_metadata import flat_xml
from micrarium.formats.markup import parse_xml

_LARGEST_BYTES = 64 << 20
_SERIES = re.compile(r"(.+)_(\d+)$")
_NOTES = re.compile(rb"<ObjectInfo>.*?</ObjectInfo>", re.DOTALL)


def read_notes(ser: Path) -> dict[str, str]:
    """What ``name.emi`` says of ``name_1.ser``, flat; the values of its description by their labels. Empty without one."""
    named = _SERIES.match(ser.stem)
    beside = ser.with_name(f"{named[1] if named else ser.stem}.emi")
    found: dict[str, str] = {}
    # Notes that are absent or damaged are no reason to refuse the pixels.
    with suppress(OSError, ElementTree.ParseError, ValueError):
        with beside.open("rb") as file:
            notes = _NOTES.findall(file.read(_LARGEST_BYTES))
        wanted = int(named[2]) - 1 if named else 0
        if 0 <= wanted < len(notes):
            xml = notes[wanted].decode("utf-8", "replace")
            for data in parse_xml(xml).iterfind("./ExperimentalDescription/Root/Data"):
                label, value, unit = (data.findtext(name, "").strip() for name in ("Label", "Value", "Unit"))
                found[label] = f"{value} {unit}".strip()
            found |= {key: value for key, value in flat_xml(xml).items() if ".ExperimentalDescription." not in key}
    return found


def describe_notes(notes: dict[str, str]) -> dict[str, Any]:
    """The notes in OME's terms."""
    found: dict[str, Any] = {"experimenter": notes.get("User") or None}
    maker, model = notes.get("ObjectInfo.ExperimentalConditions.MicroscopeConditions.Manufacturer"), notes.get("Microscope")
    found["instrument"] = {key: value for key, value in (("manufacturer", maker), ("model", model)) if value}
    with suppress(ValueError, IndexError):
        found["objective"] = {"nominal_magnification": float(notes.get("Magnification", "").split()[0])}
    with suppress(ValueError):
        date = notes.get("ObjectInfo.AcquireDate", "")
        found["acquisition_date"] = datetime.strptime(date, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    return {key: value for key, value in found.items() if value}
