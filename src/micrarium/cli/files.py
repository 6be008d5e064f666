"""Commands on plain files: inspect, convert, validate, resave. They need neither a server nor a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from micrarium.cli.options import AsJson, Overwrite, Quiet, show_examples
from micrarium.cli.output import count, note, print_json, print_table, show_progress
from micrarium.errors import InvalidInput, MicrariumError, UsageError

ReaderName = Annotated[
    str | None, typer.Option("--reader", metavar="NAME", help="The reader to use, such as bioformats; else the first bytes choose.")
]
OutputChunks = Annotated[
    str | None, typer.Option("--output-chunks", metavar="N,N,...", help="The shape of chunks; else the input's.")
]
OutputShards = Annotated[str | None, typer.Option("--output-shards", metavar="N,N,...", help="The shape of shards.")]
OverwriteAsChallenge = Annotated[bool, typer.Option("--overwrite", "--output-overwrite", help="Replace what stands at the output.")]


#: What these commands are called. They are loaded without all others.
NAMES = ("inspect", "convert", "validate", "resave")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("inspect", epilog=show_examples(
        "micrarium inspect cells.czi",
        "micrarium inspect --json --hash cells.czi",
        "micrarium inspect run1/*.nd2 plate.ome.zarr",
    ))(inspect)  # fmt: skip
    app.command("convert", epilog=show_examples(
        "micrarium convert cells.czi cells.ome.zarr",
        "micrarium convert --overwrite scan.lif scan.ome.zarr",
    ))(convert)  # fmt: skip
    app.command("validate", epilog=show_examples(
        "micrarium validate cells.ome.zarr",
        "micrarium validate --json https://example.org/cells.ome.zarr",
    ))(validate)  # fmt: skip
    app.command("resave", epilog=show_examples(
        "micrarium resave old.zarr new.zarr --cc-by",
        "micrarium resave old.zarr new.zarr --cc0 --rocrate-organism NCBI:txid9606 --rocrate-modality obo:FBbi_00000251",
        "micrarium resave old.zarr new.zarr --rocrate-skip",
    ))(resave)  # fmt: skip


def inspect(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Image files, or folders of OME-Zarr.")],
    as_json: AsJson = False,
    with_hash: Annotated[bool, typer.Option("--hash", help="Also hash the first plane of each image (SHA-256).")] = False,
    reader: ReaderName = None,
) -> None:
    """Show what is in image files: images, sizes, pixel types, physical sizes, channels, resolutions.

    With --json, one path gives one JSON object and several paths a list of them.
    """
    from micrarium.actions.inspecting import inspect_file

    found: list[dict[str, Any]] = []
    problem: MicrariumError | None = None
    for path in paths:
        try:
            answer = inspect_file(path, with_hash=with_hash, reader=reader)
        except MicrariumError as error:
            if len(paths) == 1:
                raise
            note(f"micrarium: {error.detail}")
            problem = error
            continue
        found.append({"path": str(path), **answer} if len(paths) > 1 else answer)
        if not as_json:
            _print_inspected(path, answer)
    if as_json:
        print_json(found if len(paths) > 1 else found[0])
    if problem is not None:
        raise typer.Exit(problem.exit_code)


def _print_inspected(path: Path, answer: dict[str, Any]) -> None:
    print(f"{path}: {answer['reader']}, {count(len(answer['images']), 'image')}")
    columns = ("image", "name", "x", "y", "z", "c", "t", "pixels", "size of a pixel", "levels", "channels")
    print_table(columns, [_describe_inspected(image) for image in answer["images"]])
    for warning in answer.get("warnings", ()):
        note(f"note: {warning}")


def _describe_inspected(image: dict[str, Any]) -> list[Any]:
    size = image["size"]
    from micrarium.client.tables import describe_value

    physical = [describe_value(image["physical_size_um"].get(axis)) for axis in "xyz"]
    pixel = " × ".join(value for value in physical if value)
    samples = f" × {image['samples']}" if image["samples"] > 1 else ""
    sizes = [size[axis] for axis in "xyzct"]
    row = [image["index"], image["name"], *sizes, image["dtype"] + samples, f"{pixel} µm" if pixel else ""]
    names = image["channels"] if any(image["channels"]) else []
    return [*row, len(image["levels"]), [name or "unnamed" for name in names]]


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Any readable image file.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.ome.zarr", help="The folder to write.")],
    overwrite: Overwrite = False,
    reader: ReaderName = None,
    quiet: Quiet = False,
) -> None:
    """Convert an image file to OME-Zarr 0.5: sharded, with a pyramid, channels and physical sizes.

    A file of several images becomes a bioformats2raw collection, a plate a plate. Memory does not grow with the image.
    """
    from micrarium.actions.converting import convert_file
    from micrarium.pixels.allocation import settle_allocation

    settle_allocation()
    with show_progress(f"Converting {source.name}", quiet=quiet) as progress:
        convert_file(source, out, overwrite=overwrite, reader=reader, progress=progress)


def validate(
    target: Annotated[str, typer.Argument(metavar="PATH|URL", help="A folder of OME-Zarr, or its address.")],
    as_json: AsJson = False,
    deep: Annotated[bool, typer.Option("--deep", help="Decode every chunk, not only the first and the last.")] = False,
    quiet: Quiet = False,
) -> None:
    """Check OME-Zarr 0.4 or 0.5 (structure and schema) and the RO-Crate in it. Ends with 1 when there are errors.

    A missing crate is no error.
    """
    from dataclasses import asdict

    from micrarium.actions.validating import validate as check

    with show_progress(f"Checking {target}", quiet=quiet or not deep) as progress:
        report = check(target, deep=deep, progress=lambda doing: progress(0.0, doing))
    if as_json:
        print_json(asdict(report) | {"is_valid": report.is_valid})
    else:
        for problem in report.problems:
            print(
                f"{problem.severity}: {problem.path}: {problem.sentence}"
                if problem.path
                else f"{problem.severity}: {problem.sentence}"
            )
    if not report.is_valid:
        errors = sum(problem.severity == "error" for problem in report.problems)
        raise InvalidInput(f"{target} is not valid: {count(errors, 'error')}.")
    if not as_json:
        checked = [f"OME-Zarr {report.version}"] * (report.version is not None) + ["RO-Crate 1.1"] * report.has_crate
        print(f"{target} is valid {' with '.join(checked)}.")


def resave(
    source: Annotated[Path, typer.Argument(metavar="IN.zarr", help="OME-Zarr 0.4.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.zarr", help="The folder to write.")],
    cc_by: Annotated[bool, typer.Option("--cc-by", help="License the crate under CC BY 4.0.")] = False,
    cc0: Annotated[bool, typer.Option("--cc0", help="Dedicate the crate to the public domain (CC0 1.0).")] = False,
    rocrate_license: Annotated[str | None, typer.Option(metavar="URL", help="License the crate under this licence.")] = None,
    rocrate_skip: Annotated[bool, typer.Option("--rocrate-skip", help="Write no crate; then no licence is needed.")] = False,
    rocrate_organism: Annotated[str | None, typer.Option(metavar="TERM", help="NCBI:txid9606, or a name.")] = None,
    rocrate_modality: Annotated[str | None, typer.Option(metavar="TERM", help="obo:FBbi_00000251, or a name.")] = None,
    rocrate_name: Annotated[str | None, typer.Option(metavar="TEXT", help="A name for the image.")] = None,
    rocrate_description: Annotated[str | None, typer.Option(metavar="TEXT", help="A description of the image.")] = None,
    chunks: OutputChunks = None,
    shards: OutputShards = None,
    overwrite: OverwriteAsChallenge = False,
    quiet: Quiet = False,
) -> None:
    """Save OME-Zarr 0.4 again as 0.5, sharded, with an RO-Crate beside the pixels."""
    given = [licence for licence in ("CC-BY-4.0" if cc_by else None, "CC0-1.0" if cc0 else None, rocrate_license) if licence]
    if len(given) > 1 or not (given or rocrate_skip):
        raise UsageError(
            "Say the licence with exactly one of --cc-by, --cc0, --rocrate-license URL, or leave the crate out with --rocrate-skip."
        )
    from micrarium.actions.resaving import resave as save_again

    with show_progress(f"Saving {out.name}", quiet=quiet) as progress:
        save_again(
            source,
            out,
            licence=given[0] if given else None,
            skip_crate=rocrate_skip,
            organism=rocrate_organism,
            modality=rocrate_modality,
            name=rocrate_name,
            description=rocrate_description,
            chunks=_parse_shape(chunks, "--output-chunks"),
            shards=_parse_shape(shards, "--output-shards"),
            overwrite=overwrite,
            progress=progress,
        )


def _parse_shape(text: str | None, option: str) -> list[int] | None:
    if text is None:
        return None
    try:
        shape = [int(part) for part in text.split(",")]
    except ValueError:
        shape = []
    if not shape or min(shape) < 1:
        raise UsageError(f"{option} takes whole numbers with commas, such as 1,1,1,512,512, not {text!r}.")
    return shape
