"""The commands import and export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from micrarium.cli.connecting import choose_data_folder, open_client
from micrarium.cli.options import AsJson, DataFolder, Overwrite, Quiet, show_examples
from micrarium.cli.output import count, note, print_json, print_table, show_progress
from micrarium.client.names import parse_name
from micrarium.errors import MicrariumError, PartlyFailed, UnreadableFile

if TYPE_CHECKING:
    from micrarium.formats import FoundFileset


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import", epilog=show_examples(
        "micrarium import cells.czi --dataset Mitosis --project Thesis",
        "micrarium import run1/ run2/ --dataset 3 --json",
        "micrarium import /nas/run1 --in-place --data /srv/micrarium",
        "micrarium import root:NAS/run1 --in-place --dataset Mitosis",
        "micrarium import run1/ --dry-run",
    ))(import_)  # fmt: skip
    app.command("export", epilog=show_examples(
        "micrarium export image:12 cells.ome.zarr",
        "micrarium export image:12 cells.ome.tiff --format ome-tiff",
        "micrarium export image:12 cells.czi --format original",
    ))(export)  # fmt: skip


def import_(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Image files, or folders of them.")],
    project: Annotated[str | None, typer.Option(metavar="N", help="Into this project: its id, or its name.")] = None,
    dataset: Annotated[str | None, typer.Option(metavar="N", help="Into this dataset: its id, or its name.")] = None,
    screen: Annotated[str | None, typer.Option(metavar="N", help="Plates into this screen: its id, or its name.")] = None,
    group: Annotated[str | None, typer.Option(metavar="G", help="Into this group of yours: its id, or its name.")] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Leave the files where they are; the server reads them there.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    data: DataFolder = None,
) -> None:
    """Import image files and wait until they are in. Names of projects, datasets and screens are made when missing.

    Files are sent to the server in pieces; started again after an interruption, an import goes on where it stopped.
    Files that are there already are left out. With --json: {"images": [...], "skipped": [...], "failed": [...]} and
    more. Ends with 1 when some files failed, with 3 when there was nothing that could be read.
    """
    if dry_run:
        _preview(paths, as_json=as_json)
        return
    is_local = choose_data_folder(data) is not None
    is_from_root = any(path.startswith("root:") for path in paths)
    if not is_from_root and (is_local or not in_place):
        _check_there(paths)
    with open_client(data, may_make=True) as client, show_progress("Importing", quiet=quiet) as progress:
        result = client.import_files(
            paths if is_local or in_place or is_from_root else add_companions(paths),
            project=_as_id(project),
            dataset=_as_id(dataset),
            screen=_as_id(screen),
            group=group,
            on_server=is_local,
            in_place=in_place,
            progress=progress,
        )
    _report(result.to_json(), as_json=as_json)


def _check_there(paths: list[str]) -> None:
    """Raise ``UnreadableFile`` for a path on this computer that leads nowhere, before anything is sent."""
    for path in paths:
        if not Path(path).expanduser().exists():
            raise UnreadableFile(f"There is no {path}")


def add_companions(paths: list[str]) -> list[Path]:
    """These paths and the files that belong to them: an image of several files is sent whole though one was named."""
    from micrarium.formats import find_filesets

    given = [Path(path).expanduser() for path in paths]
    files = [path for path in given if path.is_file()]
    return given + [file for found in find_filesets(files) if not found.problem for file in found.files]


def _report(result: dict[str, Any], *, as_json: bool) -> None:
    """Print what came of an import, and end with the status it deserves."""
    images, skipped, failed = result["images"], result["skipped"], result["failed"]
    if as_json:
        print_json(result)
    else:
        _note_refused(result)
        names = [f"image:{number}" for number in images[:10]] + (["..."] if len(images) > 10 else [])
        print(f"{count(len(images), 'image')} imported" + (f": {', '.join(names)}" if names else "."))
    refused = failed + [entry for entry in skipped if "already imported" not in entry["reason"]]
    if refused and not images and len(refused) == len(failed) + len(skipped):
        raise UnreadableFile(f"Nothing could be imported. {refused[0]['path']}: {refused[0]['reason']}")
    if failed:
        raise PartlyFailed(f"{len(failed)} of {len(failed) + len(skipped) + len(images)} could not be imported.")


def _note_refused(result: dict[str, Any]) -> None:
    for word in ("warnings", "skipped", "failed"):
        for entry in result.get(word, ()):
            note(f"{word.replace('warnings', 'note')}: {entry['path']}: {entry['reason']}")


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
    return int(text) if text is not None and text.isdigit() else text


def _preview(paths: list[str], *, as_json: bool) -> None:
    """Say what would be imported. That depends on the files alone, so no server is asked."""
    from micrarium.formats import find_filesets

    result: dict[str, list[dict[str, Any]]] = {"images": [], "skipped": [], "failed": []}
    for found in find_filesets([Path(path).expanduser() for path in paths]):
        if found.problem:
            result[_classify(found.path)].append({"path": str(found.path), "reason": found.problem})
        else:
            result["images"] += _preview_images(found)
    if as_json:
        print_json(result)
    else:
        columns = ("path", "image", "name", "reader", "files", "x", "y", "z", "c", "t", "pixels")
        print_table(columns, ([image.get(name) for name in columns] for image in result["images"]))
        _note_refused(result)
        print(f"{count(len(result['images']), 'image')} would be imported.")
    if result["failed"]:
        raise PartlyFailed(f"{count(len(result['failed']), 'file')} could not be imported.")


def _classify(path: Path) -> str:
    """As in an import: what no reader knows is left out, what one knows and cannot read has failed."""
    from micrarium.formats.opening import read_head, recognising

    try:
        return "failed" if recognising(path, read_head(path)) else "skipped"
    except MicrariumError:
        return "failed"


def _preview_images(found: FoundFileset) -> Iterator[dict[str, Any]]:
    from micrarium.formats import open_image_file

    with open_image_file(found.path, reader=found.reader) as opened:
        for index, source in enumerate(opened.images):
            about = {"path": str(found.path), "image": index, "name": source.description.name, "reader": found.reader}
            yield about | {"files": len(found.files), **source.shape._asdict(), "pixels": source.dtype.name}
