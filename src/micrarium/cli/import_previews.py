"""Saying what an import would do: files here are opened here, and a server only tells which of them it has already."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from micrarium.cli.connecting import choose_data_folder, open_client
from micrarium.cli.output import count, note, print_json, print_table
from micrarium.client.importing import ODD_NAME
from micrarium.client.uploading import can_be_sent, common_folder
from micrarium.errors import (
    DataFolderInUse,
    MicrariumError,
    NotSignedIn,
    OutputExists,
    PartlyFailed,
    Unavailable,
    UnreadableFile,
)

if TYPE_CHECKING:
    from micrarium.client import Client

_COLUMNS = ("path", "image", "name", "reader", "files", "x", "y", "z", "c", "t", "pixels", "well", "into")
_CONTAINERS = ("project", "dataset", "screen")


def preview_here(
    items: Sequence[dict[str, Any]], options: dict[str, Any], *, data: Path | None, is_sent: bool = False
) -> dict[str, Any]:
    """What importing files of this computer would do, as JSON holds it.

    Where there is a server or a data folder to ask, files that it has already are told; else a warning says that none was.
    ``is_sent`` is for files that would be sent to a server, which takes no odd names. Raises ``NotFound`` for a container, a
    group or a person that is not there, as the import would.
    """
    from micrarium.formats import check_reader

    if options.get("reader") is not None:
        check_reader(options["reader"])
    told: dict[str, Any] = {"filesets": [], "skipped": [], "failed": [], "warnings": []}
    checked: list[tuple[dict[str, Any], list[Path]]] = []
    root = common_folder(path for item in items for path in item["paths"])
    for entry, files in _look(items, options, told):
        if is_sent and not can_be_sent(str(Path(entry["path"]).relative_to(root))):
            told["failed"].append({"path": entry["path"], "reason": ODD_NAME, "kind": "damaged", "item": entry["item"]})
            continue
        told["filesets"].append(entry)
        checked.append((entry, files))
    try:
        _ask(items, checked, options, told, data=data)
    except (NotSignedIn, Unavailable, DataFolderInUse) as error:
        if not isinstance(error, NotSignedIn) or options.get("owner"):
            told["warnings"].append({"path": "", "reason": f"Files that are there already were not looked for: {error.detail}"})
    return told


def preview_on_server(client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """What importing the server's own files would do, told by it."""
    job = client.connection.send("POST", "/api/v1/imports/preview", request)
    return dict(client.wait(job)["result"])


def show_preview(told: dict[str, Any], *, as_json: bool) -> None:
    """Print what an import would do, and end as that import would."""
    images = list(_flatten(told["filesets"]))
    if as_json:
        print_json(told | {"images": images})
    else:
        print_table(_COLUMNS, ([image.get(name) for name in _COLUMNS] for image in images))
        for word in ("warnings", "skipped", "failed"):
            for entry in told[word]:
                note(f"{word.replace('warnings', 'note')}: {': '.join(part for part in (entry['path'], entry['reason']) if part)}")
        total = sum(entry["image_count"] for entry in told["filesets"] if entry.get("known") is None)
        print(f"{count(total, 'image')} would be imported.")
    failed, others = told["failed"], len(told["filesets"])
    refused = failed + [entry for entry in told["skipped"] if entry["kind"] not in ("known", "hidden", "excluded")]
    if refused and not others:
        raise UnreadableFile(f"Nothing could be imported. {refused[0]['path']}: {refused[0]['reason']}")
    if failed:
        raise PartlyFailed(f"{count(len(failed), 'file')} could not be imported.")


def write_scripts(items: Sequence[dict[str, Any]], pattern: str, arguments: Sequence[str]) -> list[Path]:
    """The scripts written, one for each item: the command that imports it. Raises ``OutputExists`` where one is there."""
    paths = [Path(pattern.replace("%s", str(number))) for number in range(1, len(items) + 1)]
    for path in paths:
        if path.exists() or paths.count(path) > 1:
            raise OutputExists(f"{path} is there already; no script was written")
    for path, item in zip(paths, items, strict=True):
        said = [f"--{name}={item[name]}" for name in ("target", "name", "description") if item.get(name)]
        path.write_text(f"{shlex.join(['micrarium', 'import', *arguments, *said, '--', *item['paths']])}\n", encoding="utf-8")
    return paths


def _look(
    items: Sequence[dict[str, Any]], options: dict[str, Any], told: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], list[Path]]]:
    """Each fileset with what it would become, and its files, the one to open first; what is left out goes into ``told``."""
    from micrarium.actions.choosing import folder_of, taken_files
    from micrarium.actions.noting import ImportResult
    from micrarium.actions.targeting import Matching, parse_target, tell_target
    from micrarium.cli.settings import load_settings
    from micrarium.formats.previewing import is_known_format, preview_filesets
    from micrarium.formats.trying import trying

    noted, settings = ImportResult(skipped=told["skipped"], failed=told["failed"]), load_settings()
    with trying(memory_mb=settings.opening_memory_mb, timeout_s=settings.opening_timeout_s) as trial:
        is_grouping = bool(options.get("grouping", True))
        examine = partial(trial.examine, is_grouping=is_grouping, reader=options.get("reader"))
        matching = Matching(trial)
        for number, item in enumerate(items):
            text = item.get("target") or options.get("target")
            target = None if text is None else parse_target(text)

            def skip(path: Path, reason: str, number: int = number) -> None:
                noted.skip_unopened(str(path), reason, item=number)

            paths = [Path(path).expanduser() for path in item["paths"]]
            for found, about in preview_filesets(paths, trial, depth=options.get("depth"), skip=skip, examine=examine):
                if found.problem and is_known_format(found.path, is_grouping=is_grouping):
                    noted.fail(str(found.path), found.problem, kind="damaged", item=number)
                elif found.problem:
                    noted.skip(str(found.path), found.problem, kind="unknown", item=number)
                else:
                    try:
                        into = _tell_containers(options) if target is None else tell_target(target, folder_of(found), matching)
                    except MicrariumError as error:
                        noted.fail(str(found.path), error.detail, kind="target", item=number)
                        continue
                    told["warnings"] += [{"path": str(found.path), "reason": warning} for warning in about["warnings"]]
                    entry = about | {"path": str(found.path), "item": number, "into": into, "known": None}
                    yield _named(entry, item, options), taken_files(found)


def _named(entry: dict[str, Any], item: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The entry with the names that its images would have."""
    from micrarium.actions.naming import name_image

    wanted = item.get("name") or options.get("name")
    for image in entry["images"]:
        names = {"count": entry["image_count"], "number": image["image"]}
        image["name"] = name_image(None if "well" in image else wanted, Path(entry["path"]), image["name"], **names)
    return entry


def _tell_containers(options: dict[str, Any]) -> str:
    given = ((kind, options.get(kind)) for kind in _CONTAINERS)
    return " / ".join(f"{kind} {choice}" for kind, choice in given if choice is not None)


def _ask(
    items: Sequence[dict[str, Any]],
    checked: list[tuple[dict[str, Any], list[Path]]],
    options: dict[str, Any],
    told: dict[str, Any],
    *,
    data: Path | None,
) -> None:
    """Ask a server or a data folder, where there is one, for what the import goes into, and for files that are there already."""
    folder = choose_data_folder(data)
    if not checked or (folder is not None and not folder.exists()):
        return
    with open_client(data) as client:
        for kind, number in sorted(_named_by_id(items, options)):
            client.connection.get(f"/api/v1/{kind}s/{number}")
        _foresee(client, checked, options, told)


def _named_by_id(items: Sequence[dict[str, Any]], options: dict[str, Any]) -> set[tuple[str, int]]:
    """The containers that an import names by their ids."""
    from micrarium.actions.targeting import Target, parse_target

    texts = {item.get("target") or options.get("target") for item in items}
    given = Target(options.get("project"), options.get("dataset"), options.get("screen"))
    targets = [given if text is None else parse_target(text) for text in texts]
    chosen = ((kind, getattr(target, kind)) for target in targets for kind in _CONTAINERS)
    return {(kind, choice) for kind, choice in chosen if isinstance(choice, int)}


def _foresee(
    client: Client, checked: list[tuple[dict[str, Any], list[Path]]], options: dict[str, Any], told: dict[str, Any]
) -> None:
    """Ask whether files are there already: sizes first, so that few checksums are computed."""
    from micrarium.actions.storing import checksum_of, size_of

    asked = {"owner": options.get("owner"), "group_id": client.find_group(options.get("group"))}
    sizes = [size_of(files[0]) for _, files in checked]
    there = set(client.connection.send("POST", "/api/v1/imports/known", asked | {"sizes": sorted(set(sizes))})["sizes"])
    alike = [(entry, files) for (entry, files), size in zip(checked, sizes, strict=True) if size in there]
    duplicates = options.get("duplicates", "link")
    for start in range(0, 0 if duplicates == "import" else len(alike), 200):
        some = alike[start : start + 200]
        filesets = [[checksum_of(file) for file in files] for _, files in some]
        known = client.connection.send("POST", "/api/v1/imports/known", asked | {"filesets": filesets})["known"]
        for (entry, _), image in zip(some, known, strict=True):
            if image is not None:
                entry["known"] = image
                linking = "; it would only be put there" if duplicates == "link" and entry["into"] else ""
                reason = f"already imported as image:{image}{linking}"
                told["skipped"].append({"path": entry["path"], "reason": reason, "kind": "known", "image": image})


def _flatten(filesets: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The images that would be made, one by one."""
    for entry in filesets:
        if entry.get("known") is None:
            about = {name: entry[name] for name in ("path", "reader", "files", "into")}
            if not isinstance(about["into"], str):
                about["into"] = " / ".join(f"{one['kind']} {one['name']}" for one in about["into"])
            yield from (about | image for image in entry["images"])
