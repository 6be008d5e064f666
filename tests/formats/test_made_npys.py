"""Arrays that NumPy saved: every type and order, archives plain and compressed, pickles, damage."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(12).integers(0, 120, shape).astype(dtype)


def stack(folder: Path) -> Path:
    np.save(folder / "stack.npy", pixels(6, 40, 50))
    return folder / "stack.npy"


def turned(folder: Path) -> Path:
    np.save(folder / "turned.npy", np.asfortranarray(pixels(6, 40, 50, dtype=">f4")))
    return folder / "turned.npy"


def plain(folder: Path) -> Path:
    np.savez(folder / "plain.npz", one=pixels(40, 50), two=pixels(2, 3, 6, 40, 50, dtype="uint8"))
    return folder / "plain.npz"


def packed(folder: Path) -> Path:
    np.savez_compressed(folder / "packed.npz", one=pixels(40, 50), two=pixels(6, 40, 50, dtype="uint8"))
    return folder / "packed.npz"


class TestNpy(ReaderTests):
    reader = "npy"
    damages = 20
    paths = (stack, turned, plain, packed)


def _read(path: Path, index: int = 0) -> Array:
    with open_image_file(path) as opened:
        return opened.images[index].read(Region.whole(opened.images[index].shape))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", ">u2", "int64", "float16", ">f8", "complex64", "complex128"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_keeps_its_values(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.array(pixels(3, 7, 9, dtype=dtype), order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "a.npy", array)
    mine = _read(tmp_path / "a.npy")
    assert mine.dtype == (np.uint8 if dtype == "bool" else np.dtype(dtype).newbyteorder("="))
    np.testing.assert_array_equal(mine[0, 0], array)


def test_members_of_archives_are_images(tmp_path: Path) -> None:
    with open_image_file(plain(tmp_path)) as opened:
        assert [source.description.name for source in opened.images] == ["plain one", "plain two"]
        assert [source.shape for source in opened.images] == [Size(1, 1, 1, 40, 50), Size(2, 3, 6, 40, 50)]
        assert opened.original_metadata()["two.npy.shape"] == "(2, 3, 6, 40, 50)"
    np.testing.assert_array_equal(_read(tmp_path / "plain.npz", 1), pixels(2, 3, 6, 40, 50, dtype="uint8"))
    np.testing.assert_array_equal(_read(packed(tmp_path), 1)[0, 0], pixels(6, 40, 50, dtype="uint8"))


def test_pickles_and_lists_are_left_out(tmp_path: Path) -> None:
    objects = np.array([[{"a": 1}, None]], dtype=object)
    np.savez(tmp_path / "mixed.npz", objects=objects, names=np.array([["a", "b"]]), line=pixels(4), plane=pixels(4, 5))
    with open_image_file(tmp_path / "mixed.npz") as opened:
        assert [source.shape for source in opened.images] == [Size(1, 1, 1, 4, 5)]
        assert len(opened.warnings) == 3
    np.save(tmp_path / "objects.npy", objects)
    with pytest.raises(UnreadableFile, match=r"objects\.npy holds values of the type object"):
        open_image_file(tmp_path / "objects.npy")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    whole = stack(tmp_path).read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:-1])
    with pytest.raises(UnreadableFile, match=r"cut\.npy is cut short"):
        open_image_file(tmp_path / "cut.npy")
    (tmp_path / "long.npy").write_bytes(b"\x93NUMPY\2\0\xff\xff\xff\x7f" + whole[10:])
    with pytest.raises(UnreadableFile, match=r"long\.npy is damaged: the header of long is none of NumPy's"):
        open_image_file(tmp_path / "long.npy")
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", whole[:128].replace(b"(6, 40, 50)", b"(9, 40, 50)") + bytes(2_000))
    with pytest.raises(UnreadableFile, match=r"bomb\.npz is cut short: its header asks for"):
        open_image_file(tmp_path / "bomb.npz")
