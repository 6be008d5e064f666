"""What ZEN's XML says of the images of a CZI file, in OME's terms."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from micrarium.formats.czi_instrument import CziInstrument, child_text
from micrarium.formats.markup import parse_xml
from micrarium.formats.ome_xml import parse_time
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription, ImageDescription

_LONGEST_VALUE = 65536
#: How a part of a plan says how a channel was to be taken.
_TRACK = re.compile(r"<TrackSetup[\s>].*?</TrackSetup>", re.DOTALL)


class CziMetadata:
    """ZEN's metadata. A file without any, or with damaged metadata, is read all the same."""

    def __init__(self, xml: str) -> None:
        self._xml = xml
        told = _parse(telling_parts(xml))
        self._root = _parse(xml) if told is None else told
        self._instrument = CziInstrument(None if self._root is None else self._root.find("Metadata"))

    def _find(self, path: str) -> Element | None:
        return None if self._root is None else self._root.find(f"./Metadata/{path}")

    def _all(self, path: str) -> list[Element]:
        return [] if self._root is None else self._root.findall(f"./Metadata/{path}")

    def _text(self, path: str) -> str:
        return child_text(self._root, f"./Metadata/{path}")

    @property
    def is_lossy(self) -> bool:
        """Whether ZEN says that the pixels were compressed with loss, now or before."""
        said = [self._text(f"Information/Image/{name}") for name in ("CurrentCompressionParameters", "OriginalCompressionMethod")]
        return "lossless: false" in said[0].lower() or said[1].lower() in ("jpeg", "jpegxrlossy", "jpgxrlossy")

    def describe(
        self, path: Path, index: int, scene: int, channels: int, first_channel: int, dtype: np.dtype[Any]
    ) -> ImageDescription:
        """The description of the image with this number, which shows one scene."""
        sizes: dict[str, Any] = {f"physical_size_{axis}": self._distance(axis) for axis in "xyz"}
        bits = _number(self._text("Information/Image/ComponentBitCount"))
        return ImageDescription(
            name=self._name(path, index, scene),
            description=self._text("Information/Document/Description") or self._text("Information/Document/Comment"),
            acquisition_date=self._date(),
            **sizes,
            time_increment=self._time_increment(),
            significant_bits=int(bits) if bits and 0 < bits <= dtype.itemsize * 8 else None,
            channels=self._describe_channels(channels, first_channel, dtype),
            objective=self._describe_objective(),
            instrument=self._describe_instrument(),
            experimenter=self._text("Information/User/DisplayName") or self._text("Information/Document/UserName") or None,
            stage_position_um=self._stage_position(scene),
            parts=self._instrument.parts,
        )

    def _distance(self, axis: str) -> Quantity | None:
        for distance in self._all("Scaling/Items/Distance"):
            metres = _number(child_text(distance, "Value"))
            if distance.get("Id") == axis.upper() and metres and metres > 0:
                return Quantity(metres * 1e6, "µm")
        return None

    def _scene(self, scene: int) -> Element | None:
        scenes = self._all("Information/Image/Dimensions/S/Scenes/Scene")
        return next((one for one in scenes if one.get("Index") == str(scene)), None)

    def _name(self, path: Path, index: int, scene: int) -> str:
        found = self._scene(scene)
        several = len(self._all("Information/Image/Dimensions/S/Scenes/Scene")) > 1 or index > 0 or scene > 0
        title = self._text("Information/Document/Title") or path.stem
        called = "" if found is None else found.get("Name", "")
        return f"{title} {called or f'#{index + 1}'}" if several else title

    def _date(self) -> datetime | None:
        return parse_moment(self._text("Information/Image/AcquisitionDateAndTime")) or parse_moment(
            self._text("Information/Document/CreationDate")
        )

    def _time_increment(self) -> Quantity | None:
        step = _number(self._text("Information/Image/Dimensions/T/Positions/Interval/Increment"))
        if step and step > 0:
            return Quantity(step, "s")
        with suppress(ValueError):
            offsets = [float(part) for part in self._text("Information/Image/Dimensions/T/Positions/List/Offsets").split()]
            return (
                Quantity((offsets[-1] - offsets[0]) / (len(offsets) - 1), "s")
                if len(offsets) > 1 and offsets[-1] > offsets[0]
                else None
            )
        return None

    def _describe_channels(self, count: int, first: int, dtype: np.dtype[Any]) -> tuple[ChannelDescription, ...]:
        told = self._all("Information/Image/Dimensions/Channels/Channel")[first : first + count]
        shown = self._all("DisplaySetting/Channels/Channel")
        by_id = {channel.get("Id"): channel for channel in shown}
        # Some software names channels only where it says how to show them, there by ids of another kind.
        in_order = shown[first : first + count] if len(shown) >= first + count else []
        found: list[ChannelDescription] = []
        for number in range(count):
            channel = told[number] if number < len(told) else None
            display = None if channel is None else by_id.get(channel.get("Id"))
            if display is None and number < len(in_order):
                display = in_order[number]
            found.append(replace(_describe_channel(channel, display, dtype), **self._instrument.describe_channel(channel)))
        return tuple(found)

    def _describe_objective(self) -> dict[str, Any]:
        reference = self._find("Information/Image/ObjectiveSettings/ObjectiveRef")
        objectives = self._all("Information/Instrument/Objectives/Objective")
        wanted = None if reference is None else reference.get("Id")
        objective = next((one for one in objectives if one.get("Id") == wanted), objectives[0] if objectives else None)
        if objective is None:
            return {}
        found: dict[str, Any] = {"model": child_text(objective, "Manufacturer/Model") or objective.get("Name", "")}
        numbers = {"lens_na": "LensNA", "nominal_magnification": "NominalMagnification", "working_distance_um": "WorkingDistance"}
        found |= {key: _number(child_text(objective, name)) for key, name in numbers.items()}
        found["immersion"] = child_text(objective, "Immersion")
        settings = self._find("Information/Image/ObjectiveSettings")
        found["refractive_index"] = _number(child_text(settings, "RefractiveIndex"))
        found["correction_collar"] = _number(child_text(settings, "CorrectionCollar"))
        found["medium"] = child_text(settings, "Medium")
        return {key: value for key, value in found.items() if value}

    def _describe_instrument(self) -> dict[str, Any]:
        microscope = self._find("Information/Instrument/Microscopes/Microscope")
        found: dict[str, Any] = {"manufacturer": "Zeiss"} if microscope is not None else {}
        if microscope is not None:
            found |= {
                "model": child_text(microscope, "System") or microscope.get("Name", ""),
                "type": child_text(microscope, "Type"),
            }
        software = " ".join(
            part for part in (self._text("Information/Application/Name"), self._text("Information/Application/Version")) if part
        )
        found["software"] = software
        return {key: value for key, value in found.items() if value}

    def _stage_position(self, scene: int) -> tuple[float | None, float | None, float | None] | None:
        found = self._scene(scene)
        with suppress(ValueError):
            x, y = (float(part) for part in child_text(found, "CenterPosition").split(",")[:2])
            return x, y, None
        return None

    def flat(self) -> dict[str, str]:
        """Every attribute and text by its path; repeated elements are told apart by Id, Name or number."""
        found: dict[str, str] = {}
        root = _parse(self._xml)
        for child in () if root is None else root.findall("./Metadata/*"):
            _walk(child, child.tag, found)
        return found


def telling_parts(xml: str) -> str:
    """The document without what says nothing of the images: the state of all hardware, and plans but for their tracks.

    These are nine tenths of it, and parsing them takes most of the time that opening a file does. They are known by how ZEN
    indents them; what is written in another way stays.
    """
    for name in ("Experiment", "HardwareSetting"):
        start, end = xml.find(f"\n    <{name}"), xml.find(f"\n    </{name}>")
        if 0 <= start < end and xml[start + len(name) + 6] in " >\r\n":
            end += len(name) + 8
            tracks = "".join(_TRACK.findall(xml[start:end])) if name == "Experiment" else ""
            xml = f"{xml[:start]}<{name}>{tracks}</{name}>{xml[end:]}"
    return xml


def _parse(xml: str) -> Element | None:
    with suppress(ElementTree.ParseError):
        return parse_xml(xml) if xml else None
    return None


def _walk(element: Element, path: str, found: dict[str, str]) -> None:
    for name, value in element.attrib.items():
        found[f"{path}.{name}"] = value[:_LONGEST_VALUE]
    if element.text and element.text.strip():
        found[path] = element.text.strip()[:_LONGEST_VALUE]
    seen: dict[str, int] = {}
    for child in element:
        seen[child.tag] = seen.get(child.tag, 0) + 1
        called = child.get("Id") or child.get("Name")
        mark = f"[{called}]" if called else (f"[{seen[child.tag]}]" if seen[child.tag] > 1 else "")
        _walk(child, f"{path}.{child.tag}{mark}", found)


def _describe_channel(channel: Element | None, shown: Element | None, dtype: np.dtype[Any]) -> ChannelDescription:
    color = child_text(shown, "Color") or child_text(channel, "Color")
    exposure, pinhole = _number(child_text(channel, "ExposureTime")), _number(child_text(channel, "PinholeSize"))
    return ChannelDescription(
        name=next((name for one in (channel, shown) if one is not None and (name := one.get("Name"))), ""),
        color=color.lstrip("#")[-6:].upper() if len(color.lstrip("#")) in (6, 8) else None,
        fluor=child_text(channel, "Fluor") or None,
        excitation_nm=_number(child_text(channel, "ExcitationWavelength")),
        emission_nm=_number(child_text(channel, "EmissionWavelength")),
        contrast_method=child_text(channel, "ContrastMethod") or None,
        acquisition_mode=child_text(channel, "AcquisitionMode") or None,
        illumination_type=child_text(channel, "IlluminationType") or None,
        pinhole_um=pinhole,
        exposure_s=exposure / 1e9 if exposure else None,
        window=_window(shown, dtype),
    )


def _window(shown: Element | None, dtype: np.dtype[Any]) -> tuple[float, float] | None:
    """The display range, which ZEN gives as parts of the pixel type's range; without one of its ends that end is 0 or 1."""
    low, high = _number(child_text(shown, "Low")), _number(child_text(shown, "High"))
    if (low is None and high is None) or dtype.kind != "u":
        return None
    top = float(np.iinfo(dtype).max)
    window = (low or 0.0) * top, (1.0 if high is None else high) * top
    return window if window[1] > window[0] else None


def _number(text: str) -> float | None:
    with suppress(ValueError):
        value = float(text)
        return value if value == value and abs(value) != float("inf") else None
    return None


def parse_moment(text: str) -> datetime | None:
    """A time whose seconds may have seven digits behind the point, where Python takes six; None where it is none."""
    head, point, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return parse_time(f"{head}.{digits[:6]}{tail[len(digits) :]}" if point else text)
