"""Choosing what to import: files with where they go and what they are called, and how the import goes about them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from micrarium.actions.targeting import Target

if TYPE_CHECKING:
    from micrarium.formats import FoundFileset

#: What is done about files that are there already: put where the import goes, passed over, or imported once more.
Duplicates = Literal["link", "skip", "import"]


@dataclass(frozen=True, slots=True)
class Item:
    """Files that go to one place under one name; see ``naming`` for what names may hold."""

    paths: tuple[Path | str, ...]
    target: Target = field(default_factory=Target)
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How an import goes about its files.

    ``exclude`` are paths of filesets, as they are shown, that are left out. ``depth`` is how many folders are entered.
    ``is_stopping`` ends the import at the first failure, and ``is_by_path`` passes over what came from the same path
    before. ``client_base`` is the folder on the importer's computer that an upload was sent from; targets' patterns see it.
    Unless ``is_grouping``, files that make up a plate or a sequence are imported each for itself. ``reader`` names the one
    that is asked before all others.
    """

    duplicates: Duplicates = "link"
    exclude: frozenset[str] = frozenset()
    depth: int | None = None
    is_stopping: bool = False
    is_by_path: bool = False
    client_base: str = "/"
    is_grouping: bool = True
    reader: str | None = None


DEFAULT_TERMS = Terms()


def taken_files(fileset: FoundFileset) -> list[Path]:
    """What an import keeps of a fileset: a folder as one, or its files with the one to open first."""
    path = fileset.path
    return [path] if path.is_dir() else [path, *(file for file in fileset.files if file != path)]


def folder_of(fileset: FoundFileset) -> Path:
    """The folder that all files of a fileset lie in, in which a target's pattern looks for a name."""
    return Path(os.path.commonpath([path.parent for path in taken_files(fileset)]))


def shown_path(path: Path, client_root: Path | None) -> str:
    """How a path is told: relative to an upload's folder, else as it is."""
    if client_root is not None and path.is_relative_to(client_root):
        return path.relative_to(client_root).as_posix()
    return str(path)
