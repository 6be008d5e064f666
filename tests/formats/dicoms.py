"""DICOM files that tests write: any pixels, any transfer syntax, any elements beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

Array = np.ndarray[Any, np.dtype[Any]]

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
SERIES = "1.2.826.0.1.3680043.8.498.1"


def noise(*shape: int, dtype: str = "uint16", top: int = 4000) -> Array:
    """Noise, the same every time; below zero too where the type allows."""
    low = -top if np.dtype(dtype).kind == "i" else 0
    made: Array = np.random.default_rng(5).integers(low, min(top, np.iinfo(dtype).max), shape).astype(dtype)
    return made


def smooth(*shape: int) -> Array:
    """Gentle colours, which lossy codecs change by little."""
    grid = np.indices(shape[:2]).sum(axis=0)[..., None] + np.arange(shape[2]) * 40
    made: Array = (grid % 200).astype(np.uint8)
    return made


def item(**elements: Any) -> Dataset:
    """An item of a sequence; a value that is a list of items becomes a sequence."""
    made = Dataset()
    for keyword, value in elements.items():
        is_sequence = isinstance(value, list) and bool(value) and isinstance(value[0], Dataset)
        setattr(made, keyword, Items(value) if is_sequence else value)
    return made


def pixel_elements(frames: Array, is_colour: bool) -> dict[str, Any]:
    """What a header says of frames (frame, y, x) or (frame, y, x, 3)."""
    bits = frames.dtype.itemsize * 8
    return {
        "Rows": frames.shape[1],
        "Columns": frames.shape[2],
        "SamplesPerPixel": 3 if is_colour else 1,
        "PhotometricInterpretation": "RGB" if is_colour else "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(frames.dtype.kind == "i"),
        **({"PlanarConfiguration": 0} if is_colour else {}),
        **({"NumberOfFrames": len(frames)} if len(frames) > 1 else {}),
    }


def write_dicom(
    path: Path,
    frames: Array,
    *,
    syntax: str = ExplicitVRLittleEndian,
    encode: Callable[[Array], bytes] | None = None,
    raw: bytes | None = None,
    has_preamble: bool = True,
    has_open_groups: bool = False,
    **elements: Any,
) -> Path:
    """A DICOM file of frames (frame, y, x) or (frame, y, x, 3), compressed where ``encode`` makes bytes of one."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = elements.get("SOPClassUID", SECONDARY_CAPTURE)
    meta.MediaStorageSOPInstanceUID = elements.get("SOPInstanceUID", generate_uid())
    meta.TransferSyntaxUID = UID(syntax)
    made = Dataset()
    made.file_meta, made.preamble = meta, b"\0" * 128
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.SeriesInstanceUID, made.StudyInstanceUID, made.Modality = generate_uid(), generate_uid(), "OT"
    is_colour = frames.ndim == 4
    made.update(item(**(pixel_elements(frames, is_colour) | elements)))
    if has_open_groups:
        made["PerFrameFunctionalGroupsSequence"].is_undefined_length = True
    order: Literal["<", ">"] = ">" if syntax == ExplicitVRBigEndian else "<"
    if raw is not None:
        made.PixelData = raw
    elif encode is not None:
        made.PixelData = encapsulate([encode(frame) for frame in frames], has_bot="ExtendedOffsetTable" not in elements)
        made["PixelData"].is_undefined_length = True
    else:
        stored = np.moveaxis(frames, -1, 1) if is_colour and made.PlanarConfiguration == 1 else frames
        made.PixelData = np.ascontiguousarray(stored, stored.dtype.newbyteorder(order)).tobytes()
    made["PixelData"].VR = "OB" if encode is not None or made.BitsAllocated <= 8 else "OW"
    if has_preamble:
        made.save_as(path, enforce_file_format=True)
    else:
        del made.file_meta
        implicit = syntax == ImplicitVRLittleEndian
        made.save_as(path, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
        path.write_bytes(path.read_bytes().removeprefix(b"\0" * 128 + b"DICM"))
    return path


def write_slices(folder: Path, pixels: Array, *, order: Sequence[int] | None = None, **elements: Any) -> Path:
    """A series of slices (z, y, x), two millimetres apart, written in any order; the folder."""
    folder.mkdir(exist_ok=True)
    for place, z in enumerate(order or range(len(pixels))):
        told: dict[str, Any] = {
            "SeriesInstanceUID": SERIES,
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "ImagePositionPatient": [-10, 5, 2.0 * z - 7],
            "InstanceNumber": place + 1,
            "PixelSpacing": [0.5, 0.25],
            "SeriesNumber": 4,
            "Modality": "CT",
        }
        write_dicom(folder / f"slice{place}.dcm", pixels[z][None], **(told | elements))
    return folder
