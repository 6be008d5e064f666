"""Sequences: single planes in files of one folder that belong together by their names, or by a pattern somebody wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from micrarium.formats.plates import file_patterns
from micrarium.formats.plates.gathering import PICTURES, GatheringReader
from micrarium.formats.plates.listings import Listing, list_folder
from micrarium.formats.plates.sequence_names import Member, NamedSequence, find_sequences
from micrarium.formats.tiff_head import PageHead, first_description, read_page_head

if TYPE_CHECKING:
    from micrarium.formats.plates.layouts import Layout


#: Of more files than this only as many, evenly chosen, are looked into before they are taken for a sequence.
_MOST_LOOKED_INTO = 4000


class SequenceReader(GatheringReader):
    """Reads files that are one plane each and whose names, or a ``.pattern`` file beside them, say which."""

    name = "sequence"
    suffixes = (file_patterns.SUFFIX, *PICTURES)
    #: What an index says goes before what names look like.
    is_guessing: ClassVar[bool] = True

    def find_head(self, path: Path) -> Path | None:
        """The pattern that names a file, else the first file of its sequence."""
        listing = list_folder(path.parent)
        if path.name.lower().endswith(file_patterns.SUFFIX):
            return path
        if (pattern := file_patterns.find_pattern(listing, path.name)) is not None:
            return path.parent / pattern
        sequence = find_sequences(listing).get(path.name)
        if sequence is None or not is_alike(listing, sequence):
            return None
        return path.parent / sequence.members[0].name

    def arrange(self, head: Path) -> Layout:
        """The sequence that begins with this file, or that this pattern names."""
        from micrarium.formats.plates.sequence_layout import arrange_pattern, arrange_sequence

        if head.name.lower().endswith(file_patterns.SUFFIX):
            return arrange_pattern(head)
        return arrange_sequence(head, find_sequences(list_folder(head.parent))[head.name])


def is_alike(listing: Listing, sequence: NamedSequence) -> bool:
    """Whether the files of a sequence are one plane each, of the same size and type. Looked at once in a while."""
    return listing.derive_awhile(("alike", sequence.members[0].name), lambda own: _is_alike(own.folder, sequence.members))


def _is_alike(folder: Path, members: Sequence[Member]) -> bool:
    first: PageHead | tuple[int, ...] | None = None
    for member in members[:: 1 + len(members) // _MOST_LOOKED_INTO]:
        path = folder / member.name
        page = _page_of(path)
        if page is None or (first is not None and page != first):
            return False
        if first is None and _has_own_description(path):
            return False
        first = first or page
    return True


def _page_of(path: Path) -> PageHead | tuple[int, ...] | None:
    """What a file says of its only plane, None where it is damaged or has several."""
    if path.suffix.lower().startswith(".tif"):
        page = read_page_head(path, with_end=False)
        return None if page is None or page.has_more else page
    from micrarium.formats.raster_images import read_header

    try:
        header = read_header(path)
    except (OSError, ValueError):
        return None
    except Exception:  # a damaged header: the file is no part of any sequence
        return None
    return header.height, header.width, header.bits, header.samples


def _has_own_description(path: Path) -> bool:
    """Whether a TIFF says itself what it is a part of, or holds more planes than pages."""
    described = first_description(path)
    return b"<OME" in described or (described.startswith(b"ImageJ=") and b"images=" in described)
