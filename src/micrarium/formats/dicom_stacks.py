"""Which frame of which DICOM file is the plane at a time and depth: by positions in space, by times, by numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from pydicom.dataset import Dataset

from micrarium.formats.dicom_groups import FramePlace
from micrarium.formats.dicom_instances import Instance
from micrarium.formats.dicom_values import first_item, integer, number, numbers, text, value_of
from micrarium.geometry import Quantity

#: Positions closer than this, in millimetres, are the same.
_SAME_MM = 1e-4
#: A frame increment pointer to one of these says that frames follow each other in time.
_TIME_POINTERS = frozenset({0x00181063, 0x00181065, 0x00181062})
_GRID_OFFSETS = 0x3004000C


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: where it lies along the normal of its slice (in mm), and what orders those at the same place."""

    instance: Instance
    number: int
    position: float | None
    rank: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames by time and depth, and the distances between them where the files give them."""

    frames: tuple[tuple[Frame, ...], ...]
    spacing: Quantity | None = None
    interval: Quantity | None = None
    is_uneven: bool = False


def stack_frames(instances: list[Instance]) -> Stack:
    """The frames of one image: all those of a multi-frame file, or one each of a series of slices."""
    first = instances[0].header
    frames = [frame for instance in instances for frame in _frames_of(instance)]
    times = {int(tag) for tag in _pointers(first)} & _TIME_POINTERS
    interval = number(first, "FrameTime")
    if len(instances) == 1 and times and all(frame.position is None for frame in frames):
        return Stack(
            tuple((frame,) for frame in frames),
            _told_spacing(first),
            Quantity(interval, "ms") if interval and interval > 0 else None,
        )
    rows = _arrange(frames)
    spacing, is_uneven = _measured_spacing(rows[0])
    return Stack(rows, spacing or _told_spacing(first), None, is_uneven)


def _pointers(header: Dataset) -> list[int]:
    found = value_of(header, "FrameIncrementPointer")
    if found is None:
        return []
    return [int(tag) for tag in found] if isinstance(found, (list, tuple)) or hasattr(found, "append") else [int(found)]


def _frames_of(instance: Instance) -> list[Frame]:
    header = instance.header
    file_rank = (number(header, "InstanceNumber") or 0.0,)
    if instance.frames == 1 and "ConcatenationUID" not in header:
        temporal = number(header, "TemporalPositionIdentifier") or number(header, "TemporalPositionIndex") or 0.0
        rank = (temporal, number(header, "AcquisitionNumber") or 0.0, *file_rank)
        return [Frame(instance, 0, _position(header), rank)]
    first = number(header, "ConcatenationFrameOffsetNumber") or 0.0
    if instance.places:
        shared = first_item(header, "SharedFunctionalGroupsSequence")
        turn = tuple(numbers(first_item(shared, "PlaneOrientationSequence"), "ImageOrientationPatient"))
        return [_enhanced(instance, index, place, turn, first) for index, place in enumerate(instance.places)]
    offsets = numbers(header, "GridFrameOffsetVector") if _GRID_OFFSETS in _pointers(header) else []
    known = len(offsets) == instance.frames
    return [Frame(instance, index, offsets[index] if known else None, (first + index,)) for index in range(instance.frames)]


def _enhanced(instance: Instance, index: int, place: FramePlace, turn: tuple[float, ...], first: float) -> Frame:
    """A frame of an enhanced multi-frame file, which says of each frame where and when it is."""
    position = _along_normal(place.position, place.orientation or turn)
    return Frame(instance, index, position, (place.time, *place.indices, first + index))


def _position(header: Dataset) -> float | None:
    """How far along the normal of its plane a slice lies, in millimetres."""
    found = _along_normal(numbers(header, "ImagePositionPatient"), numbers(header, "ImageOrientationPatient"))
    return number(header, "SliceLocation") if found is None else found


def _along_normal(at: Sequence[float], axes: Sequence[float]) -> float | None:
    return float(np.dot(at, np.cross(axes[:3], axes[3:]))) if len(at) == 3 and len(axes) == 6 else None


def _arrange(frames: list[Frame]) -> tuple[tuple[Frame, ...], ...]:
    """Frames by time and then by depth; all along depth, in the order of their numbers, where they make no full grid."""
    places: dict[int, list[Frame]] = {}
    for frame in frames:
        if frame.position is not None:
            places.setdefault(round(frame.position / _SAME_MM), []).append(frame)
    counts = Counter(len(found) for found in places.values())
    if len(counts) != 1 or sum(len(found) for found in places.values()) != len(frames):
        return (tuple(sorted(frames, key=lambda frame: (frame.rank[-1], frame.rank))),)
    columns = [sorted(places[place], key=lambda frame: frame.rank) for place in sorted(places)]
    return tuple(zip(*columns, strict=True))


def _measured_spacing(row: tuple[Frame, ...]) -> tuple[Quantity | None, bool]:
    """The usual distance of neighbouring slices, and whether others differ from it by more than a hundredth."""
    places = [frame.position for frame in row if frame.position is not None]
    steps = [abs(after - before) for before, after in pairwise(places)]
    if not steps or len(places) < len(row):
        return None, False
    usual = float(np.median(steps))
    uneven = any(abs(step - usual) > max(0.01 * usual, 2 * _SAME_MM) for step in steps)
    return (Quantity(round(usual, 6), "mm") if usual > _SAME_MM else None), uneven


def _told_spacing(header: Dataset) -> Quantity | None:
    shared = first_item(header, "SharedFunctionalGroupsSequence", "PixelMeasuresSequence")
    for one in (header, shared):
        for keyword in ("SpacingBetweenSlices", "SliceThickness"):
            found = number(one, keyword)
            if found:
                return Quantity(abs(found), "mm")
    return None


def stack_key(instance: Instance) -> tuple[object, ...]:
    """What slices of one stack have in common; a multi-frame file has only its own parts in common with itself."""
    header = instance.header
    turn = tuple(round(one, 3) for one in numbers(header, "ImageOrientationPatient"))
    whole = text(header, "ConcatenationUID") or (text(header, "SOPInstanceUID") or str(instance.path))
    alone = whole if instance.frames > 1 or instance.flavour or "ConcatenationUID" in header else ""
    return instance.form, instance.flavour, turn, alone


def natural_order(instance: Instance) -> tuple[int, int, str]:
    """Instances by their numbers, and by their names where they have none."""
    found = integer(instance.header, "InstanceNumber")
    return (found or 0), (integer(instance.header, "ConcatenationFrameOffsetNumber") or 0), instance.path.name
