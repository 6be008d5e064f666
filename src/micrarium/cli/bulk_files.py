"""OMERO's bulk files: YAML that names a list of files, and says for all or for each where it goes and what it is called."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from micrarium.errors import UnreadableFile, UsageError

#: What means nothing here, and what is done instead.
IGNORED = {
    "checksum_algorithm": "every file is checked with SHA-256", "parallel_upload": "files are always sent several at once",
    "parallel_fileset": "the server decides", "logprefix": "see 'micrarium jobs report'", "file": "see 'micrarium jobs report'",
    "errs": "see 'micrarium jobs report'", "output": "see --json", "skip": "nothing needs to be skipped to be quick",
    "no_stats_info": "they are always made", "no_thumbnails": "they are always made", "no_upgrade_check": "there is none",
    "encrypted": "the server's address decides", "logback": "there is no Java", "clientdir": "there is no Java",
    "report": "nothing is reported to others", "email": "nothing is reported to others", "upload": "nothing is reported to others",
    "logs": "nothing is reported to others", "debug": "set MICRARIUM_DEBUG",
}  # fmt: skip
#: What may stand in a column, or for all files, and what it is called here; short names are those of OMERO's command.
_ITEM_KEYS = {
    "path": "path", "target": "target", "T": "target", "name": "name", "n": "name", "description": "description",
    "x": "description", "d": "d", "r": "r",
}  # fmt: skip
_KEYS = {*_ITEM_KEYS, "columns", "continue", "c", "dry_run", "exclude", "transfer", "group", "depth", "include"}
_IN_PLACE = ("ln", "ln_s")
_COPYING = ("upload", "cp")
_MOST_INCLUDES = 20
_LARGEST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class BulkFile:
    """What a bulk file asks for: ``items`` as the client takes them, and how the import goes about them.

    ``dry_run`` is ``"true"``, a name with ``%s`` for the scripts to write, or empty. ``ignored`` are sentences to be told.
    """

    items: list[dict[str, Any]]
    is_in_place: bool | None = None
    is_stopping: bool = True
    is_by_path: bool = False
    dry_run: str = ""
    group: str | None = None
    depth: int | None = None
    ignored: list[str] = field(default_factory=list)


def read_bulk_file(path: Path) -> BulkFile:
    """What a bulk file and those it includes ask for. Paths are relative to its folder.

    Raises ``UnreadableFile`` for a file that cannot be read, ``UsageError`` for what it cannot ask for.
    """
    said = _read_all(path)
    unknown = sorted(key for key in said if key not in _KEYS and key not in IGNORED)
    if unknown:
        raise UsageError(
            f"{path}: {unknown[0]!r} is no key that is known here; known are {', '.join(sorted(_KEYS | set(IGNORED)))}"
        )
    ignored = [f"{path}: {key} is ignored: {IGNORED[key]}" for key in said if key in IGNORED]
    whole = _to_item({key: said[key] for key in said if key in _ITEM_KEYS and key != "path"}, str(path))
    items = [whole | item for item in _read_items(path, said)]
    if not items:
        raise UsageError(f"{path} names no files")
    depth, dry_run = said.get("depth"), str(said.get("dry_run", "false"))
    if depth is not None and not str(depth).isdecimal():
        raise UsageError(f"{path}: depth is a number of folders, not {depth!r}")
    return BulkFile(
        items,
        is_in_place=_read_transfer(path, said.get("transfer")),
        is_stopping=not _is_true(said.get("continue", said.get("c", False))),
        is_by_path=_read_exclude(path, said.get("exclude")),
        dry_run="" if dry_run.lower() in ("false", "no", "0") else "true" if _is_true(dry_run) else dry_run,
        group=None if said.get("group") is None else str(said["group"]),
        depth=None if depth is None else int(depth),
        ignored=ignored,
    )


def _read_all(path: Path) -> dict[str, Any]:
    """What a bulk file says, above what those say that it includes."""
    said, waiting, seen = dict[str, Any](), path.expanduser(), set[Path]()
    while True:
        if waiting.resolve() in seen or len(seen) >= _MOST_INCLUDES:
            raise UsageError(f"{path}: the files it includes include each other, by way of {waiting}")
        seen.add(waiting.resolve())
        found = _read_yaml(waiting)
        said = found | said
        if found.get("include") is None:
            return said
        waiting = waiting.parent / str(found["include"])


def _read_yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(_read_text(path))
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is no YAML that can be read: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path} is no bulk file: it holds no keys such as path and target")
    return {str(key): value for key, value in found.items()}


def _read_text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise UnreadableFile(f"{path} cannot be read: it is no file")
        if path.stat().st_size > _LARGEST_BYTES:
            raise UnreadableFile(f"{path} cannot be read: it is larger than {_LARGEST_BYTES >> 20} MiB")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} cannot be read: it is no text in UTF-8") from None


def _read_items(path: Path, said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The files, with what is said of each."""
    listed, columns, folder = said.get("path"), said.get("columns"), path.expanduser().absolute().parent
    if listed is None:
        raise UsageError(f"{path} lacks the key path, which names the files or a list of them")
    if isinstance(listed, list):
        yield from ({"paths": [str(folder / Path(str(one)).expanduser())]} for one in listed)
        return
    if columns is not None and (not isinstance(columns, list) or "path" not in columns):
        raise UsageError(f"{path}: columns is a list of what stands in each column, path among them")
    unknown = [str(column) for column in columns or () if column not in _ITEM_KEYS]
    if unknown:
        raise UsageError(f"{path}: a column cannot be {unknown[0]!r}; there are {', '.join(_ITEM_KEYS)}")
    table = folder / str(listed)
    for number, fields in _read_rows(table, is_table=columns is not None):
        names = ["path"] if columns is None else [str(column) for column in columns]
        if len(fields) != len(names):
            told = f"{table}, line {number}: there are {len(fields)} fields where {path.name} has {len(names)} columns"
            raise UsageError(f"{told} ({', '.join(names)})")
        row = dict(zip(names, fields, strict=True))
        item = _to_item({name: value for name, value in row.items() if name != "path"}, f"{table}, line {number}")
        yield item | {"paths": [str(folder / Path(row["path"]).expanduser())]}


def _read_rows(table: Path, *, is_table: bool) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, with their numbers, in fields; without columns each is one path."""
    lines = _read_text(table).splitlines()
    delimiter = {".tsv": "\t", ".csv": ","}.get(table.suffix.lower())

    def split(line: str) -> list[str]:
        if not is_table:
            return [line]
        return shlex.split(line) if delimiter is None else next(csv.reader([line], delimiter=delimiter))

    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield number, [one.strip() for one in split(line)]
            except (ValueError, csv.Error) as error:
                raise UsageError(f"{table}, line {number} cannot be read: {error}") from None


def _to_item(said: dict[str, Any], where: str) -> dict[str, Any]:
    """Target, name and description by the names of the client; empty fields say nothing."""
    item: dict[str, Any] = {}
    for key, value in said.items():
        if value is None or str(value).strip() == "":
            continue
        name, text = _ITEM_KEYS[key], str(value)
        if name in ("d", "r"):
            name, text = "target", f"{'Dataset' if name == 'd' else 'Screen'}:{text}"
        if name in item:
            raise UsageError(f"{where}: {name} is said twice")
        item[name] = text
    return item


def _read_transfer(path: Path, said: Any) -> bool | None:
    if said is None or str(said) in _IN_PLACE + _COPYING:
        return None if said is None else str(said) in _IN_PLACE
    told = "remove what was imported yourself, once it is in" if str(said).endswith("_rm") else "there is no other way"
    raise UsageError(f"{path}: transfer {said!r} is not done; take one of {', '.join(_IN_PLACE + _COPYING)}; {told}")


def _read_exclude(path: Path, said: Any) -> bool:
    if said is None or str(said) == "clientpath":
        return said is not None
    raise UsageError(f"{path}: exclude is clientpath, not {said!r}")


def _is_true(said: Any) -> bool:
    return str(said).strip().lower() in ("true", "yes", "on", "1")
