"""Original files and the filesets they were imported in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.annotations import Annotation, annotatable
from micrarium.model.base import FIXED, PRIVATE, READ_ONLY, BigId, Owned, Part, referring


@annotatable
class OriginalFile(Owned):
    """A file as it was imported. A folder that is one file to its users (OME-Zarr) is one row; ``hash`` is then of its list.

    ``path`` and ``name`` are what the person who imported it saw; ``location`` is where the bytes are: relative to the
    data folder when they are kept here, absolute when they were registered in place.
    """

    # Sums by owner and by group are read from these alone.
    __table_args__ = (
        Index("ix_original_file_use_of_owner", "owner_id", "is_in_place", "size"),
        Index("ix_original_file_use_of_group", "group_id", "is_in_place", "size"),
    )

    name: Mapped[str] = mapped_column(String(1000), info=READ_ONLY)
    path: Mapped[str] = mapped_column(Text, info=READ_ONLY)
    size: Mapped[int] = mapped_column(BigInteger, index=True, info=READ_ONLY)
    hash: Mapped[str | None] = mapped_column(String(64), index=True, info=READ_ONLY)
    hasher: Mapped[str] = mapped_column(String(20), default="SHA-256", info=READ_ONLY)
    mimetype: Mapped[str | None] = mapped_column(String(100), info=READ_ONLY)
    is_in_place: Mapped[bool] = mapped_column(default=False, info=READ_ONLY)
    location: Mapped[str] = mapped_column(Text, info=PRIVATE)
    #: The root it lies below, for what was left where it is there: then ``location`` may be of a bucket or a host.
    root_id: Mapped[int | None] = referring("root", info=PRIVATE)


@annotatable
class Fileset(Owned):
    """Files that were imported together and cannot be told apart: they hold one or more images."""

    template_prefix: Mapped[str] = mapped_column(Text, info=READ_ONLY)
    reader: Mapped[str] = mapped_column(String(80), info=READ_ONLY)
    reader_version: Mapped[str] = mapped_column(String(120), info=READ_ONLY)
    warnings: Mapped[list[Any] | None] = mapped_column(info=READ_ONLY)
    original_metadata: Mapped[dict[str, Any] | None] = mapped_column(info=PRIVATE, deferred=True)
    metadata_words: Mapped[str | None] = mapped_column(Text, info=PRIVATE, deferred=True)

    used_files: Mapped[list[FilesetEntry]] = relationship(order_by="FilesetEntry.position", back_populates="fileset")


class FilesetEntry(Part):
    """One file of a fileset; the one at position 0 is the one to open. ``client_path`` is where it was imported from."""

    __whole__ = "fileset_id"
    __plural__ = "fileset_entries"

    fileset_id: Mapped[int] = referring("fileset", info=READ_ONLY)
    original_file_id: Mapped[int] = referring("original_file", info=READ_ONLY)
    position: Mapped[int] = mapped_column(info=READ_ONLY)
    client_path: Mapped[str] = mapped_column(Text, info=READ_ONLY)

    fileset: Mapped[Fileset] = relationship(back_populates="used_files")
    original_file: Mapped[OriginalFile] = relationship()


class FileAnnotation(Annotation):
    """A file that was attached."""

    file_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("original_file.id"), index=True, info=FIXED)

    file: Mapped[OriginalFile | None] = relationship()
