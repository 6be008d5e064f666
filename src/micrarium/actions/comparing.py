"""Whether an original is what was imported, and a pyramid what was written: files compared with what rows say of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from micrarium.actions.storing import folder_files, locate, size_of
from micrarium.errors import MicrariumError
from micrarium.model import Fileset, FilesetEntry, OriginalFile
from micrarium.permissions import every
from micrarium.pixels.checksums import Advance, sha256_of

Kind = Literal["missing", "changed", "unreadable"]
#: What the same is called of files that were registered in place.
IN_PLACE: dict[str, str] = {"missing": "away", "changed": "drifted"}
#: Of a pyramid at most so much is decoded at once.
_AT_ONCE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Original:
    """A file as its row says it is; ``prefix`` is where its fileset is kept, or the lists of checksums of what is not."""

    id: int
    name: str
    location: str
    size: int
    sha256: str | None
    is_in_place: bool
    prefix: str | None

    def find_list(self, data: Path) -> Path:
        """Where the list of checksums lies, of a folder that is one original."""
        if self.is_in_place and self.prefix:
            return data / self.prefix / f"{self.name}.sha256"
        path = locate(data, self.location)
        return path.with_name(f"{path.name}.sha256")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file: its kind, and in words that follow its name."""

    kind: Kind
    told: str

    def outcome_of(self, original: Original) -> str:
        """The kind as it is recorded of an original."""
        return IN_PLACE.get(self.kind, self.kind) if original.is_in_place else self.kind


def originals_with_prefix() -> Any:
    """The statement for the columns of ``Original``, in its order; a file of several filesets comes several times.

    What lies at a distance is left out: it is compared whenever it is fetched.
    """
    statement: Any = every(OriginalFile).outerjoin(FilesetEntry, FilesetEntry.original_file_id == OriginalFile.id)
    statement = statement.outerjoin(Fileset, Fileset.id == FilesetEntry.fileset_id)
    file = OriginalFile
    columns = (file.id, file.name, file.location, file.size, file.hash, file.is_in_place, Fileset.template_prefix)
    return statement.where(~file.location.contains("://")).with_only_columns(*columns)


def compare_original(data: Path, one: Original, *, is_thorough: bool = True, advance: Advance | None = None) -> Fault | None:
    """How an original differs from what was imported; None where it does not.

    Of a folder that is one original, its list of checksums is compared, and when thorough each file in it.
    """
    path = locate(data, one.location)
    try:
        if path.is_dir():
            return _compare_folder(data, path, one, is_thorough=is_thorough, advance=advance)
        size = path.stat().st_size
        if size != one.size:
            return Fault("changed", f"has {size} bytes and should have {one.size}")
        if one.sha256 is None or sha256_of(path, advance=advance) == one.sha256:
            return None
        return Fault("changed", "is not what was imported: its checksum is another one")
    except FileNotFoundError:
        return Fault("missing", "is not where it was registered" if one.is_in_place else "is missing")
    except OSError as error:
        return Fault("unreadable", f"cannot be read: {error.strerror or error}")


def _compare_folder(data: Path, path: Path, one: Original, *, is_thorough: bool, advance: Advance | None) -> Fault | None:
    listed = one.find_list(data)
    if not listed.is_file():
        return Fault("changed", "has lost its list of checksums")
    lines = listed.read_bytes()
    if one.sha256 is not None and hashlib.sha256(lines).hexdigest() != one.sha256:
        return Fault("changed", "is not what was imported: its list of checksums is another one")
    told = (line.partition("  ") for line in lines.decode("utf-8", "surrogateescape").split("\n") if line)
    wanted = {name: sha256 for sha256, _, name in told}
    found = {file.relative_to(path).as_posix(): file for file in folder_files(path)}
    if missing := sorted(wanted.keys() - found.keys()):
        return Fault("changed", f"has {len(found)} files and should have {len(wanted)}: {missing[0]} is missing")
    if added := sorted(found.keys() - wanted.keys()):
        return Fault("changed", f"has {len(found)} files and should have {len(wanted)}: {added[0]} was added")
    for name in wanted if is_thorough else ():
        if sha256_of(found[name], advance=advance) != wanted[name]:
            return Fault("changed", f"is not what was imported: {name} has another checksum")
    return None


def compare_pyramid(path: Path, size_bytes: int | None, *, advance: Callable[[int], None]) -> Fault | None:
    """What is wrong with a pyramid, after decoding every chunk of it; None where nothing is."""
    if not path.is_dir():
        return Fault("missing", "is missing")
    try:
        there = size_of(path)
        if size_bytes is not None and there != size_bytes:
            return Fault("changed", f"has {there} bytes and should have {size_bytes}")
        parts = 0.0
        for part in _decode(path):
            advance(int(there * (part - parts)))
            parts = part
    except MicrariumError as error:
        return Fault("unreadable", error.detail)
    except OSError as error:
        return Fault("unreadable", f"cannot be read: {error.strerror or error}")
    return None


def _decode(path: Path) -> Iterator[float]:
    """Decode every chunk of every array below a folder; gives the part that is done, by the number of arrays' bytes."""
    from micrarium.errors import UnreadableFile
    from micrarium.exchange.zarr_arrays import open_array
    from micrarium.exchange.zarr_trees import open_tree

    with open_tree(str(path)) as tree:
        arrays = []
        for document in sorted(path.rglob("zarr.json")):
            name = document.parent.relative_to(path).as_posix().removeprefix(".")
            node = tree.read_node(name)
            if node is not None and node.kind == "array":
                try:
                    arrays.append((name, open_array(tree, name, node, is_filling=True)))
                except UnreadableFile as error:
                    raise UnreadableFile(f"has an array {name} that {error.detail}") from error
        if not arrays:
            raise UnreadableFile("has no arrays")
        total, done = sum(array.dtype.itemsize * _count(array.shape) for _, array in arrays) or 1, 0
        for name, array in arrays:
            step = array.file_chunk if _count(array.file_chunk) * array.dtype.itemsize <= _AT_ONCE_BYTES else array.chunk
            for region in replace(array, chunk=step).chunk_regions():
                try:
                    done += array.read(region).nbytes
                except UnreadableFile as error:
                    where = ", ".join(str(part.start) for part in region)
                    raise UnreadableFile(f"has a chunk at {where} of {name} that {error.detail}") from error
                yield done / total


def _count(shape: tuple[int, ...]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product
