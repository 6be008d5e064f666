"""File formats: bytes on disk to pixels and descriptions. Readers register as entry points; the first bytes decide."""

from __future__ import annotations

from micrarium.formats.finding import FoundFileset, find_filesets
from micrarium.formats.opening import check_reader, open_image_file, readers

__all__ = ["FoundFileset", "check_reader", "find_filesets", "open_image_file", "readers"]
