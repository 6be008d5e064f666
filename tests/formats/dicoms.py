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

from micrarium.formats import open_image_file
from micrarium.geometry import Region

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


def read(path: Path, index: int = 0) -> Array:
    """All pixels of an image, with axes tczyx."""
    with open_image_file(path) as opened:
        source = opened.images[index]
        return source.read(Region.whole(source.shape))


def rle_encode(frame: Array) -> bytes:
    """A frame by DICOM's run lengths, all of them literal, one segment for each byte of each sample."""
    samples = frame[..., None] if frame.ndim == 2 else frame
    little = np.ascontiguousarray(samples, samples.dtype.newbyteorder("<"))
    parts = little.view(np.uint8).reshape(*samples.shape, -1)
    planes = [parts[..., sample, byte].tobytes() for sample in range(parts.shape[2]) for byte in reversed(range(parts.shape[3]))]
    segments = []
    for plane in planes:
        runs = [plane[at : at + 128] for at in range(0, len(plane), 128)]
        coded = b"".join(bytes([len(run) - 1]) + run for run in runs)
        segments.append(coded + b"\0" * (len(coded) % 2))
    offsets = np.cumsum([64, *(len(segment) for segment in segments)])[:-1]
    return np.array([len(segments), *offsets], "<u4").tobytes().ljust(64, b"\0") + b"".join(segments)


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
    made.PixelData = _stored(made, frames, ">" if syntax == ExplicitVRBigEndian else "<", encode) if raw is None else raw
    made["PixelData"].VR = "OB" if encode is not None or made.BitsAllocated <= 8 else "OW"
    made["PixelData"].is_undefined_length = raw is None and encode is not None
    if has_preamble:
        made.save_as(path, enforce_file_format=True)
    else:
        del made.file_meta
        implicit = syntax == ImplicitVRLittleEndian
        made.save_as(path, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
        path.write_bytes(path.read_bytes().removeprefix(b"\0" * 128 + b"DICM"))
    return path


def _stored(header: Dataset, frames: Array, order: Literal["<", ">"], encode: Callable[[Array], bytes] | None) -> bytes:
    """The bytes of the frames as the header has them."""
    if encode is not None:
        return encapsulate([encode(frame) for frame in frames], has_bot="ExtendedOffsetTable" not in header)
    is_planar = header.SamplesPerPixel > 1 and header.PlanarConfiguration == 1
    stored = np.moveaxis(frames, -1, 1) if is_planar else frames
    return np.ascontiguousarray(stored, stored.dtype.newbyteorder(order)).tobytes()


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
