"""Decoding the frames of DICOM files by their transfer syntaxes, and turning what they hold into grey values and RGB."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.planes import Array
from micrarium.formats.reader import check_claim

if TYPE_CHECKING:
    from micrarium.formats.dicom_instances import Instance, PixelForm

RLE = "1.2.840.10008.1.2.5"
_JPEG = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (*range(50, 67), 70))
_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
_JPEG_2000 = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 92, 93, 201, 202, 203))
_JPEG_XL = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (110, 111, 112))
_DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
#: What people call the syntaxes that may lose something.
LOSSY = {
    **dict.fromkeys(_JPEG[:7], "JPEG"),
    _JPEG_LS[1]: "JPEG-LS",
    **dict.fromkeys((_JPEG_2000[1], _JPEG_2000[3], _JPEG_2000[6]), "JPEG 2000"),
    **dict.fromkeys(_JPEG_XL[1:], "JPEG XL"),
}
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})


def decode_frame(instance: Instance, data: bytes) -> Array:
    """The pixels of one compressed frame, (y, x) or (y, x, 3). Raises ``UnreadableFile`` when they do not fit the header."""
    form, syntax = instance.form, instance.data.syntax
    name = instance.path.name
    if syntax == RLE:
        decoded = _decode_rle(instance, data)
    elif syntax == _DEFLATED_FRAMES:
        decoded = _decode_deflated(instance, data)
    elif syntax in (*_JPEG, *_JPEG_LS, *_JPEG_2000, *_JPEG_XL):
        decoded = _decode_picture(instance, data)
    else:
        raise UnreadableFile(f"{name} is compressed in a way that cannot be read (transfer syntax {syntax or 'missing'})")
    if decoded.shape != ((form.rows, form.columns) if form.samples == 1 else (form.rows, form.columns, form.samples)):
        raise UnreadableFile(f"{name} is damaged: a frame decodes to {decoded.shape}, not to {form.rows} rows of {form.columns}")
    is_ybr = form.photometric.startswith("YBR_FULL") and form.samples > 1 and syntax not in _JPEG
    return ybr_to_rgb(decoded, form) if is_ybr else fit_values(decoded, form)


def _decode_rle(instance: Instance, data: bytes) -> Array:
    form = instance.form
    out = bytearray(form.rows * form.columns * form.samples * form.dtype.itemsize)
    imagecodecs.dicomrle_decode(data, form.dtype.newbyteorder("<"), out=out)
    planes = np.frombuffer(out, form.dtype.newbyteorder("<")).astype(form.dtype, copy=False)
    planes = planes.reshape(form.samples, form.rows, form.columns)
    return planes[0] if form.samples == 1 else np.moveaxis(planes, 0, -1)


def _decode_deflated(instance: Instance, data: bytes) -> Array:
    form = instance.form
    size = -(-form.frame_bits // 8)
    raw = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size)
    if form.allocated == 1:
        return np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[: form.frame_bits].reshape(form.rows, form.columns)
    values = np.frombuffer(raw, form.dtype.newbyteorder("<")).astype(form.dtype, copy=False)
    if form.is_planar:
        return np.moveaxis(values.reshape(form.samples, form.rows, form.columns), 0, -1)
    return values.reshape((form.rows, form.columns) if form.samples == 1 else (form.rows, form.columns, form.samples))


def _decode_picture(instance: Instance, data: bytes) -> Array:
    """A frame that is a picture of a kind that says its own size: looked at before anything is decoded."""
    form, syntax = instance.form, instance.data.syntax
    if syntax in _JPEG_XL:
        shape = (form.rows, form.columns) if form.samples == 1 else (form.rows, form.columns, form.samples)
        return np.asarray(imagecodecs.jpegxl_decode(data, out=np.empty(shape, form.dtype)))
    size = jpeg2000_size(data) if syntax in _JPEG_2000 else jpeg_size(data)
    if size != (form.rows, form.columns):
        told = "no size" if size is None else f"{size[0]} rows of {size[1]}"
        raise UnreadableFile(f"{instance.path.name} is damaged: a frame has {told}, the header {form.rows} rows of {form.columns}")
    check_claim(instance.path, decoded_bytes=form.rows * form.columns * form.samples * 4, stored_bytes=len(data))
    if syntax in _JPEG_2000:
        return np.asarray(imagecodecs.jpeg2k_decode(data))
    if data.rfind(b"\xff\xd9") < 0:  # libjpeg would fill up with grey
        raise UnreadableFile(f"{instance.path.name} is cut short: a frame has no end mark")
    if syntax in _JPEG_LS:
        return np.asarray(imagecodecs.jpegls_decode(data))
    if form.samples == 1 or form.allocated > 8 or syntax in (_JPEG[7], _JPEG[-1]):
        return np.asarray(imagecodecs.jpeg_decode(data))
    return np.asarray(imagecodecs.jpeg_decode(data, colorspace=_jpeg_colours(data, form.photometric), outcolorspace="RGB"))


def _jpeg_colours(data: bytes, photometric: str) -> str:
    """What the three components of a JPEG are: by its own marks, else by the header, which many writers leave at RGB."""
    adobe = data.find(b"\xff\xee\x00\x0eAdobe", 0, 4096)
    if 0 <= adobe < len(data) - 16:
        return "YCBCR" if data[adobe + 15] == 1 else "RGB"
    is_jfif = data[6:10] == b"JFIF"
    return "YCBCR" if is_jfif or photometric.startswith("YBR") else "RGB"


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Rows and columns by the start of frame of a JPEG or JPEG-LS."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        if data[place + 1] == 0xFF:
            place += 1
            continue
        if data[place + 1] in _START_OF_FRAME:
            rows, columns = struct.unpack_from(">HH", data, place + 5)
            return rows, columns
        place += 2 + int(struct.unpack_from(">H", data, place + 2)[0])
    return None


def jpeg2000_size(data: bytes) -> tuple[int, int] | None:
    """Rows and columns by the SIZ marker of a JPEG 2000 codestream, which may lie within boxes."""
    at = data.find(b"\xff\x4f\xff\x51", 0, 4096)
    if at < 0 or at + 24 > len(data):
        return None
    right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
    return bottom - top, right - left


def fit_values(values: Array, form: PixelForm) -> Array:
    """Values in the type and range that the header gives: bits beside the stored ones dropped, signs extended."""
    if form.kind == "f" or form.allocated == 1:
        return values
    shift = form.high_bit + 1 - form.stored
    is_narrow = form.stored < form.allocated
    if values.dtype == form.dtype and not is_narrow:
        return values
    if not is_narrow and (values.dtype.kind == "i") == (form.kind == "i"):
        return values.astype(form.dtype)
    bits = values.astype(np.int64) >> (shift if shift > 0 and shift + form.stored <= form.allocated else 0)
    bits &= (1 << form.stored) - 1
    if form.kind == "i":
        bits -= (bits >> (form.stored - 1)) << form.stored
    return bits.astype(form.dtype)


def ybr_to_rgb(values: Array, form: PixelForm) -> Array:
    """RGB from brightness and two colour differences, by ITU-R BT.601 at full range as DICOM has it."""
    top = float((1 << form.stored) - 1)
    half = float(1 << (form.stored - 1))
    y, blue, red = (values[..., sample].astype(np.float32) for sample in range(3))
    blue, red = blue - half, red - half
    rgb = np.stack([y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue], axis=-1)
    whole: Array = np.clip(np.rint(rgb), 0, top).astype(form.dtype)
    return whole


def expand_422(values: Array, rows: int, columns: int) -> Array:
    """Pixels (y, x, 3) from pairs that share their colour differences: Y, Y, Cb, Cr."""
    pairs = values.reshape(rows, -1, 4)
    out = np.empty((rows, pairs.shape[1], 2, 3), values.dtype)
    out[..., 0] = pairs[..., :2]
    out[..., 1:] = pairs[..., None, 2:]
    whole: Array = out.reshape(rows, -1, 3)[:, :columns]
    return whole
