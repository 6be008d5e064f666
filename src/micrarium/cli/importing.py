"""The commands import and export."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from micrarium.cli.bulk_files import BulkFile, read_bulk_file
from micrarium.cli.connecting import choose_data_folder, open_client
from micrarium.cli.import_options import (
    BulkOption,
    DatasetOption,
    DepthOption,
    DescriptionOption,
    DryRunOption,
    Duplicates,
    DuplicatesOption,
    GroupOption,
    InPlaceOption,
    NameOption,
    OwnerOption,
    Paths,
    ProjectOption,
    ReaderOption,
    ScreenOption,
    StopOption,
    TargetOption,
)
from micrarium.cli.import_previews import preview_here, preview_on_server, show_preview, write_scripts
from micrarium.cli.options import AsJson, DataFolder, NoGrouping, Overwrite, Quiet, show_examples
from micrarium.cli.output import count, note, print_json, show_progress
from micrarium.client.importing import EMPTY_PATH, absolute_path, is_below_root
from micrarium.client.names import parse_name
from micrarium.errors import InvalidInput, PartlyFailed, UnreadableFile, UsageError


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import", epilog=show_examples(
        "micrarium import cells.czi --dataset Mitosis --project Thesis",
        "micrarium import run1/ run2/ --dataset 3 --json",
        "micrarium import /nas/run1 --in-place --data /srv/micrarium",
        "micrarium import run1/ --target Dataset:name:Mitosis --dry-run",
        "micrarium import --bulk bulk.yml --dry-run",
        "micrarium import run1/ --for alice --group lab",
        "micrarium import root:NAS/run1 --in-place --dataset Mitosis",
    ))(import_)  # fmt: skip
    app.command("export", epilog=show_examples(
        "micrarium export image:12 cells.ome.zarr",
        "micrarium export image:12 cells.ome.tiff --format ome-tiff",
        "micrarium export image:12 cells.czi --format original",
    ))(export)  # fmt: skip


def import_(
    paths: Paths = None,
    project: ProjectOption = None,
    dataset: DatasetOption = None,
    screen: ScreenOption = None,
    target: TargetOption = None,
    bulk: BulkOption = None,
    name: NameOption = None,
    description: DescriptionOption = None,
    group: GroupOption = None,
    owner: OwnerOption = None,
    duplicates: DuplicatesOption = Duplicates.LINK,
    depth: DepthOption = None,
    in_place: InPlaceOption = False,
    no_grouping: NoGrouping = False,
    reader: ReaderOption = None,
    stop_on_failure: StopOption = False,
    dry_run: DryRunOption = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    data: DataFolder = None,
) -> None:
    """Import image files and wait until they are in. Names of projects, datasets and screens are made when missing.

    Files are sent to the server in pieces; started again after an interruption, an import goes on where it stopped. Files
    that are there already are not kept twice. With --json: {"images": [...], "skipped": [...], "failed": [...]} and more.
    Ends with 0 when all came in, 1 when some files failed, 2 for wrong usage, 3 when there was nothing that could be read.
    """
    options: dict[str, Any] = {"project": _as_id(project), "dataset": _as_id(dataset), "screen": _as_id(screen), "target": target}
    options |= {"name": name, "description": description, "group": group, "owner": _as_id(owner), "depth": depth}
    options |= {"duplicates": duplicates.value, "stop_on_failure": stop_on_failure, "grouping": not no_grouping, "reader": reader}
    items, in_place, scripts = _choose(paths, bulk, options, is_in_place=in_place)
    if scripts not in ("", "true"):
        _write_scripts(items, scripts, options, is_in_place=in_place)
        return
    lost = _check_there(items, options, is_bulk=bulk is not None, is_on_server=in_place and choose_data_folder(data) is None)
    if dry_run or scripts:
        _preview(items, options, lost, is_in_place=in_place, as_json=as_json, data=data)
    else:
        _import(items, options, lost, is_in_place=in_place, as_json=as_json, quiet=quiet, data=data)


def _choose(
    paths: list[str] | None, bulk: Path | None, options: dict[str, Any], *, is_in_place: bool
) -> tuple[list[dict[str, Any]], bool, str]:
    """What to import, whether it stays where it is, and whether it is only to be told; adds to ``options`` what a bulk file says.

    What the command line says of all files stands behind what a bulk file says.
    """
    if (bulk is None) == (not paths):
        raise UsageError("Give either the paths to import, or a bulk file with --bulk FILE")
    if bulk is None:
        if "" in (given := list(paths or ())):
            raise UsageError(EMPTY_PATH)
        return [{"paths": given}], is_in_place, ""
    said: BulkFile = read_bulk_file(bulk)
    for sentence in said.ignored:
        note(f"note: {sentence}")
    options |= {"stop_on_failure": options["stop_on_failure"] or said.is_stopping, "skip_known_paths": said.is_by_path}
    options |= {"group": options["group"] or said.group}
    if options["depth"] is None:
        options["depth"] = said.depth
    return said.items, is_in_place if said.is_in_place is None else said.is_in_place, said.dry_run


def _check_targets(items: list[dict[str, Any]], options: dict[str, Any]) -> None:
    """Raise ``UsageError`` for a target that is none, before anything is sent."""
    if empty := next((kind for kind in ("project", "dataset", "screen", "group", "owner") if options[kind] == ""), None):
        raise UsageError(f"--{empty.replace('owner', 'for')} is empty; give an id or a name")
    targets = {item["target"] for item in items if item.get("target")}
    targets |= set() if options["target"] is None else {options["target"]}
    if not targets:
        return
    from micrarium.actions.targeting import parse_target

    if any(options[kind] is not None for kind in ("project", "dataset", "screen")):
        raise UsageError("Give either a target, or a project, dataset and screen")
    for text in sorted(targets):
        try:
            parse_target(text)
        except InvalidInput as error:
            raise UsageError(error.detail, field="target") from None


def _write_scripts(items: list[dict[str, Any]], pattern: str, options: dict[str, Any], *, is_in_place: bool) -> None:
    _check_targets(items, options)
    said = [f"--{name}={options[name]}" for name in ("group", "depth", "reader") if options[name] is not None]
    said += ["--in-place"] * is_in_place + ["--stop-on-failure"] * options["stop_on_failure"]
    for path in write_scripts(items, pattern, said):
        print(path)


def _preview(
    items: list[dict[str, Any]],
    options: dict[str, Any],
    lost: list[dict[str, Any]],
    *,
    is_in_place: bool,
    as_json: bool,
    data: Path | None,
) -> None:
    """Say what would be imported. The server's own files are looked at by it, others here."""
    if _is_below_root(items) or (is_in_place and choose_data_folder(data) is None):
        with open_client(data) as client:
            request = {name: value for name, value in options.items() if value is not None and name != "group"}
            request |= {"items": [item | {"paths": [absolute_path(path) for path in item["paths"]]} for item in items]}
            told = preview_on_server(client, request | {"in_place": is_in_place, "group_id": client.find_group(options["group"])})
    else:
        told = preview_here(items, options, data=data, is_sent=choose_data_folder(data) is None and not is_in_place)
        told["failed"] += lost
    show_preview(told, as_json=as_json)


def _import(
    items: list[dict[str, Any]],
    options: dict[str, Any],
    lost: list[dict[str, Any]],
    *,
    is_in_place: bool,
    as_json: bool,
    quiet: bool,
    data: Path | None,
) -> None:
    is_local = choose_data_folder(data) is not None
    is_sent = not (is_local or is_in_place or _is_below_root(items))
    given = {name: value for name, value in options.items() if name != "group"}
    ways: dict[str, Any] = {"on_server": is_local, "in_place": is_in_place, "group": options["group"]}
    with open_client(data, may_make=True) as client, show_progress("Importing", quiet=quiet) as progress:
        ways["companions"] = find_companions(items, is_grouping=options["grouping"], reader=options["reader"]) if is_sent else ()
        result = client.import_items(items, given, progress=progress, **ways)
    result.failed += lost
    report_result(result.to_json(), as_json=as_json)


def _is_below_root(items: list[dict[str, Any]]) -> bool:
    return any(is_below_root(path) for item in items for path in item["paths"])


def _check_there(
    items: list[dict[str, Any]], options: dict[str, Any], *, is_bulk: bool, is_on_server: bool
) -> list[dict[str, Any]]:
    """Raise ``UnreadableFile`` for a path on this computer that leads nowhere, before anything is sent.

    A bulk file's import that goes on after a failure goes on without such a path, unless it has no other: it is given back
    as failed. Raises ``UsageError`` for a target that is none.
    """
    _check_targets(items, options)
    if is_on_server or _is_below_root(items):
        return []
    is_going_on = is_bulk and not options["stop_on_failure"]
    lost = [path for item in items for path in item["paths"] if not Path(path).expanduser().exists()]
    if lost and (not is_going_on or len(lost) == sum(len(item["paths"]) for item in items)):
        raise UnreadableFile(f"There is no {lost[0]}")
    for item in items:
        item["paths"] = [path for path in item["paths"] if path not in lost]
    items[:] = [item for item in items if item["paths"]]
    return [{"path": path, "reason": "it is not there", "kind": "damaged"} for path in lost]


def find_companions(items: list[dict[str, Any]], *, is_grouping: bool = True, reader: str | None = None) -> list[Path]:
    """The files that belong to those named: an image of several files is sent whole though one was named."""
    from micrarium.formats import find_filesets
    from micrarium.formats.finding import examine

    files = [path for item in items for path in map(Path.expanduser, map(Path, item["paths"])) if path.is_file()]
    found = find_filesets(files, examine=partial(examine, is_grouping=is_grouping, reader=reader))
    return [file for fileset in found if not fileset.problem for file in fileset.files]


def report_result(result: dict[str, Any], *, as_json: bool) -> None:
    """Print what came of an import, and end with the status it deserves."""
    images, skipped, failed, left = result["images"], result["skipped"], result["failed"], result["not_reached"]
    if as_json:
        print_json(result)
    else:
        _note_refused(result)
        names = [f"image:{number}" for number in images[:10]] + (["..."] if len(images) > 10 else [])
        print(f"{count(len(images), 'image')} imported" + (f": {', '.join(names)}" if names else "."))
        if (failed or left) and result["job"] is not None:
            print(f"'micrarium jobs report {result['job']}' says more, 'micrarium jobs retry {result['job']}' tries those again.")
    refused = failed + [entry for entry in skipped if entry.get("kind") not in ("known", "hidden")]
    if refused and not images and not any(entry.get("kind") == "known" for entry in skipped):
        raise UnreadableFile(f"Nothing could be imported. {refused[0]['path']}: {refused[0]['reason']}")
    if failed or left:
        total = len(failed) + len(skipped) + len(left) + len(result["imported"])
        raise PartlyFailed(f"{len(failed) + len(left)} of {total} could not be imported.")


def _note_refused(result: dict[str, Any]) -> None:
    for word in ("warnings", "skipped", "failed"):
        for entry in result.get(word, ()):
            if entry.get("kind") != "hidden":
                note(f"{word.replace('warnings', 'note')}: {entry['path']}: {entry['reason']}")
    for entry in result["not_reached"]:
        note(f"not reached: {entry['path']}")


def export(
    name: Annotated[str, typer.Argument(metavar="OBJECT", help="Kind and number, such as image:12.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file or folder to write.")],
    format_name: Annotated[str, typer.Option("--format", metavar="ome-zarr|ome-tiff|original")] = "ome-zarr",
    overwrite: Overwrite = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; asked for where the data are sensitive.")] = None,
    deidentify: Annotated[bool, typer.Option("--deidentify", help="Leave out what tells whose images they are.")] = False,
    quiet: Quiet = False,
    data: DataFolder = None,
) -> None:
    """Export an image as OME-Zarr with an RO-Crate, as OME-TIFF, or as the file it came from."""
    found = parse_name(name)
    with open_client(data) as client, show_progress(f"Exporting {name}", quiet=quiet) as progress:
        terms: dict[str, Any] = {"reason": reason, "deidentify": deidentify, "progress": progress}
        client.export(found, out, format=format_name, overwrite=overwrite, **terms)


def _as_id(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else text
