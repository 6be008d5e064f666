"""Leica's files and what they name: LIF with its blocks, LOF with one image, and XLEF, XLCF and XLIF that refer to others.

Source: "Leica Image File Formats - LIF, XLEF, XLLF, LOF", version 3.2: blocks that start with 0x70 and hold 0x2A marks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from micrarium.errors import UnreadableFile
from micrarium.formats.markup import parse_xml

_BLOCK, _MARK = 0x70, 0x2A
_HEADER = "<LMSDataContainerHeader"
_LOF = "LMS_Object_File"
_LARGEST_XML_BYTES = 256 << 20
_MOST_NAMED = 100_000
#: How many folders above a file its project is looked for.
_FOLDERS_ABOVE = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture that holds a part of the bytes of a block."""

    path: Path
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Block:
    """Where the bytes of an image lie: in a run of a file, or in pictures one behind the other."""

    path: Path
    offset: int = 0
    size: int = 0
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class LifEntry:
    """One Element with an image: its name, its XML and its block."""

    name: str
    element: Element
    block: Block


@dataclass(slots=True)
class LifContent:
    """What a file and those that it names hold: ``texts`` is the XML of each by its file's name."""

    entries: list[LifEntry] = field(default_factory=list)
    files: dict[Path, None] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def is_lif(head: bytes) -> bool:
    """Whether a test value and the beginning of an UTF-16 header stand where LIF has them."""
    return head[:4] == b"\x70\0\0\0" and head[8:9] == b"\x2a" and b"<\0L\0M\0S\0" in head[:64]


def is_lof(head: bytes) -> bool:
    """Whether these are the first bytes of a LOF file."""
    return head[:4] == b"\x70\0\0\0" and head[8:9] == b"\x2a" and head[13:43] == _LOF.encode("utf-16-le")


def is_leica_xml(head: bytes) -> bool:
    """Whether these are the first bytes of an XLEF, XLCF or XLIF file."""
    return _HEADER in _decode(head[:1024]) and head.lstrip(b"\xef\xbb\xbf\xff\xfe\0\r\n ")[:1] == b"<"


def read_content(path: Path) -> LifContent:
    """The images of a LIF file, or of the project that one of its files belongs to.

    Raises ``UnreadableFile``, ``ElementTree.ParseError`` and ``struct.error`` over damage in the file itself.
    """
    with path.open("rb") as file:
        if is_lif(file.read(64)):
            content = LifContent(files={path: None})
            xml, blocks = read_blocks(path)
            content.texts[path.name] = xml
            for name, element in _image_elements(parse_xml(xml), ""):
                block = blocks.get(_block_id(element), (0, 0))
                content.entries.append(LifEntry(name, element, Block(path, *block)))
            return content
    return _find_project(path) or _read_named(path)


def _read_named(top: Path) -> LifContent:
    naming = _Naming(top.parent)
    naming.read(top, "")
    return naming.content


def _find_project(path: Path) -> LifContent | None:
    """The project that names a file: an XLEF in its folder or one of those above, else an XLIF beside it."""
    if path.suffix.lower() == ".xlef":
        return None
    folders = [path.parent, *list(path.parent.parents)[:_FOLDERS_ABOVE]]
    candidates = [head for folder in folders for head in _with_suffix(folder, ".xlef")]
    if path.suffix.lower() != ".xlif":
        candidates += _with_suffix(path.parent, ".xlif")
    for candidate in candidates:
        try:
            with candidate.open("rb") as file:
                found = _read_named(candidate) if is_leica_xml(file.read(1024)) else None
        except (UnreadableFile, OSError, ValueError, ElementTree.ParseError, struct.error):
            continue
        if found is not None and path in found.files:
            found.files = {path: None} | found.files
            return found
    return None


def _with_suffix(folder: Path, suffix: str) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() == suffix and file.name[0] != "." and file.is_file())
    except OSError:
        return []


class _Naming:
    """Reads a file and those that it names, each once; none outside of the folder of the first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.content = LifContent()
        self._inside = root.resolve()
        self._folders: dict[Path, dict[str, Path]] = {}

    def read(self, path: Path, folder: str) -> None:
        """Add the images of a file, whose names start with ``folder``."""
        self.content.files[path] = None
        with path.open("rb") as file:
            head = file.read(1024)
        if is_lof(head):
            xml, block = read_lof(path)
            root = parse_xml(xml)
            self._add(path, xml, [LifEntry(f"{folder}/{name}".strip("/"), one, block) for name, one in _image_elements(root, "")])
        elif is_lif(head):
            inner = read_content(path)
            self._add(path, inner.texts[path.name], inner.entries)
        elif is_leica_xml(head):
            if path.stat().st_size > _LARGEST_XML_BYTES:
                raise UnreadableFile(f"{path.name} is no description: it has {path.stat().st_size} bytes")
            xml = _decode(path.read_bytes())
            self._read_xml(path, xml, folder)
        else:
            raise UnreadableFile(f"{path.name} is none of Leica's files, though it is named as one")

    def _add(self, path: Path, xml: str, entries: list[LifEntry]) -> None:
        self.content.texts[path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name] = xml
        self.content.entries += entries

    def _read_xml(self, path: Path, xml: str, folder: str) -> None:
        root = parse_xml(xml)
        self._add(path, xml, [])
        for name, element in _image_elements(root, ""):
            full = f"{folder}/{name}".strip("/")
            try:
                self.content.entries.append(LifEntry(full, element, self._block(path, element)))
            except (UnreadableFile, OSError, ValueError, KeyError, struct.error) as error:
                self.content.problems.append(f"Image {full} was left out: {error}")
        for element in root.iterfind("./Element"):
            is_collection = element.find("./Data/Collection") is not None
            inner = f"{folder}/{element.get('Name', '')}".strip("/") if is_collection else folder
            for reference in element.iterfind("./Children/Reference"):
                self._follow(path, reference.get("File", ""), inner)

    def _follow(self, path: Path, named: str, folder: str) -> None:
        """Read a file that another one names; what cannot be read is a problem of that one alone."""
        found = self._resolve(path.parent, named)
        if found is None:
            self.content.problems.append(f"{path.name} names {_shown(named)}, which is not there")
        elif found not in self.content.files and len(self.content.files) < _MOST_NAMED:
            try:
                self.read(found, folder)
            except (UnreadableFile, OSError, ValueError, ElementTree.ParseError, struct.error) as error:
                self.content.problems.append(f"{found.name} was left out: {error}")

    def _block(self, path: Path, element: Element) -> Block:
        """The block of an image that an XLIF describes: a LOF file, or pictures with its planes."""
        frames = []
        for part in element.iterfind("./Memory/*"):
            if named := part.get("File"):
                found = self._resolve(path.parent, named)
                if found is None:
                    raise UnreadableFile(f"its file {_shown(named)} is not there")
                frames.append(Frame(found, int(part.get("Offset", "0")), int(part.get("Size", "0"))))
        self.content.files |= dict.fromkeys(one.path for one in frames)
        if not frames:
            return Block(path)
        if len(frames) == 1 and frames[0].path.suffix.lower() == ".lof":
            return read_lof(frames[0].path)[1]
        frames.sort(key=lambda one: one.offset)
        return Block(path, 0, max(one.offset + one.size for one in frames), tuple(frames))

    def _resolve(self, folder: Path, named: str) -> Path | None:
        """The file that a name stands for, written for Windows or as an address, whatever the case of its letters."""
        for text in dict.fromkeys((named, unquote(named))):
            parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
            if not parts or parts[0].endswith(":"):  # a place on the computer that wrote it
                parts = parts[-1:]
            place: Path | None = folder
            for part in parts:
                place = None if place is None else place.parent if part == ".." else self._child(place, part)
            found = place or (self._child(folder, parts[-1]) if parts else None)
            if found is not None and found.is_file() and found.resolve().is_relative_to(self._inside):
                return found
        return None

    def _child(self, folder: Path, name: str) -> Path | None:
        """What lies in a folder under a name, or else under one that differs by the case of its letters alone."""
        if (folder / name).exists():
            return folder / name
        if folder not in self._folders:
            try:
                self._folders[folder] = {one.name.lower(): one for one in folder.iterdir()}
            except OSError:
                self._folders[folder] = {}
        return self._folders[folder].get(name.lower())


def _shown(named: str) -> str:
    return " ".join(unquote(named).replace("\\", "/").rsplit("/", 1)[-1].split())[:100] or "a file"


def _decode(data: bytes) -> str:
    """The text of XML in UTF-8 or UTF-16, with or without a mark of the byte order."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    elif data[:4] == b"<\0?\0" or data[1:2] == b"\0":
        text = data.decode("utf-16-le", "replace")
    elif data[:4] == b"\0<\0?":
        text = data.decode("utf-16-be", "replace")
    else:
        text = data.decode("utf-8-sig", "replace")
    # A declaration names the encoding of the bytes, and this is a text.
    return text.split("?>", 1)[1].lstrip() if text.startswith("<?xml") and "?>" in text else text.strip("\0")


def _block_id(element: Element) -> str:
    memory = element.find("./Memory")
    return "" if memory is None else memory.get("MemoryBlockID", "")


def _image_elements(root: Element, folder: str) -> Iterator[tuple[str, Element]]:
    """Elements with an image, named by their path below the experiment."""
    for element in [*root.iterfind("./Element"), *root.iterfind("./Children/Element")]:
        is_experiment = not folder and root.tag != "Element" and element.find("./Data/Experiment") is not None
        name = "" if is_experiment else f"{folder}/{element.get('Name', '')}".strip("/")
        if element.find("./Data/Image") is not None:
            yield name, element
        yield from _image_elements(element, name)


def read_blocks(path: Path) -> tuple[str, dict[str, tuple[int, int]]]:
    """The XML header of a LIF file, and the offset and size of each block of pixels by its id."""
    size = path.stat().st_size
    blocks: dict[str, tuple[int, int]] = {}
    with path.open("rb") as file:
        mark, _, second, count = struct.unpack("<IIBI", file.read(13))
        if mark != _BLOCK or second != _MARK or count * 2 > size:
            raise UnreadableFile(f"{path.name} is damaged: its header is not where it should be")
        xml = file.read(count * 2).decode("utf-16-le").strip("\0")
        width, form = (4, "<IIBIBI") if 'Version="1"' in xml[:200] else (8, "<IIBQBI")
        place = file.tell()
        while place + 14 + width <= size:
            file.seek(place)
            mark, _, second, block_bytes, third, count = struct.unpack(form, file.read(14 + width))
            if (mark, second, third) != (_BLOCK, _MARK, _MARK) or count > 4096:
                break
            name = file.read(count * 2).decode("utf-16-le", "replace").strip("\0")
            place = file.tell()
            blocks[name] = (place, block_bytes)
            place += block_bytes
    return xml, blocks


def read_lof(path: Path) -> tuple[str, Block]:
    """The XML of a LOF file, which stands behind its pixels, and where those lie."""
    size = path.stat().st_size
    with path.open("rb") as file:
        _, _, _, count = struct.unpack("<IIBI", file.read(13))
        file.seek(count * 2, 1)
        first, _, second, _, third, block_bytes = struct.unpack("<BIBIBQ", file.read(19))
        place = file.tell()
        if (first, second, third) != (_MARK,) * 3 or place + block_bytes + 13 > size:
            raise UnreadableFile(f"{path.name} is damaged or cut short: its description is not where it should be")
        file.seek(place + block_bytes)
        mark, _, second, count = struct.unpack("<IIBI", file.read(13))
        if (mark, second) != (_BLOCK, _MARK) or count * 2 > size:
            raise UnreadableFile(f"{path.name} is damaged: its description is not where it should be")
        xml = file.read(count * 2).decode("utf-16-le").strip("\0")
    if _HEADER not in xml[:1000] and "<Data>" in xml[:100]:  # as older programs wrote it
        named = ElementTree.tostring(Element("Element", Name=path.stem), "unicode").removesuffix(" />")
        xml = f'{_HEADER} Version="2">{named}>{xml}</Element></LMSDataContainerHeader>'
    return xml, Block(path, place, block_bytes)
