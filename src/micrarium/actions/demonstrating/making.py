"""Filling a site with demo data: written, imported as anybody's files are, and described."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from micrarium.actions.annotating import annotate
from micrarium.actions.changing import change_object, make_object
from micrarium.actions.demonstrating.describing import DemoFile, Pairs, well_name
from micrarium.actions.demonstrating.writing import WEIGHTS, Progress, write_demo_files
from micrarium.actions.importing import import_files
from micrarium.actions.noting import ImportResult
from micrarium.actions.opening import Site
from micrarium.errors import UnreadableFile
from micrarium.model import (
    ANNOTATION_LINKS,
    CLIENT_NAMESPACE,
    FilesetEntry,
    Image,
    OriginalFile,
    Owned,
    Plate,
    Roi,
    Shape,
    Well,
    WellSample,
)
from micrarium.permissions import Actor, ActorSession, open_session, visible

#: Writing the files takes about this part of making the demo data.
WRITING = 0.65


def make_demo(site: Site, actor: Actor, *, paths: Sequence[Path] = (), progress: Progress | None = None) -> ImportResult:
    """What came of importing the demo data, or files of one's own, for an actor; what is there already is left alone.

    The demo data are written below the data folder, imported and described one after the other; interrupted, it goes on
    where it was.
    """
    report = progress or (lambda _part, _doing: None)
    if paths:
        return import_files(site, actor, paths, project="Demo", dataset="Own files", progress=report)
    with open_session(site.engine, actor, is_reading=True) as session:
        missing = [name for name in WEIGHTS if not is_described(session, find_made(session, name))]
    result = ImportResult()
    if not missing:
        return result
    folder = site.data / "demo-files"
    written = write_demo_files(folder, names=missing, progress=lambda part, doing: report(WRITING * part, doing))
    for number, demo in enumerate(written):
        start, span = WRITING + (1 - WRITING) * number / len(written), (1 - WRITING) / len(written)

        def tell(part: float, _doing: str, *, start: float = start, span: float = span, title: str = demo.title) -> None:
            report(start + span * part, title)

        import_one(site, actor, demo, result=result, progress=tell)
    shutil.rmtree(folder, ignore_errors=True)
    return result


def import_one(site: Site, actor: Actor, demo: DemoFile, *, result: ImportResult, progress: Progress) -> None:
    """Imports one demo file, sharing its bytes with the one written, and describes it; adds what came of it to ``result``."""
    made = import_files(
        site,
        actor,
        [demo.path],
        project=demo.project,
        dataset=demo.dataset,
        screen=demo.screen,
        way="link",
        progress=progress,
        client_root=demo.path.parent,
    )
    result.images += made.images
    result.plates += made.plates
    if made.failed:
        raise UnreadableFile(f"The demo file {made.failed[0]['path']} cannot be imported: {made.failed[0]['reason']}")
    with open_session(site.engine, actor) as session:
        found = find_made(session, demo.path.name)
        if found is None:
            raise UnreadableFile(f"The demo file {demo.path.name} was imported, but its image is not there")
        if not is_described(session, found):
            describe_made(session, found, demo)


def find_made(session: ActorSession, name: str) -> Image | Plate | None:
    """The image, or the plate, that the session's actor imported from the demo file of this name, unless it is in the bin."""
    actor = session.actor
    assert actor is not None
    images = (
        visible(Image, actor)
        .join(FilesetEntry, FilesetEntry.fileset_id == Image.fileset_id)
        .join(OriginalFile, OriginalFile.id == FilesetEntry.original_file_id)
        .where(OriginalFile.name == name, Image.owner_id == actor.id)
        .order_by(Image.id)
    )
    image = session.scalars(images.limit(1)).first()
    if image is None:
        return None
    plates = visible(Plate, actor).join(Well, Well.plate_id == Plate.id).join(WellSample, WellSample.well_id == Well.id)
    return session.scalars(plates.where(WellSample.image_id == image.id).limit(1)).first() or image


def is_described(session: ActorSession, obj: Image | Plate | None) -> bool:
    """Whether an object is there and carries an annotation."""
    if obj is None or session.actor is None:
        return False
    link = ANNOTATION_LINKS[type(obj)]
    return session.scalars(visible(link, session.actor).where(link.parent_id == obj.id).limit(1)).first() is not None


def describe_made(session: ActorSession, obj: Image | Plate, demo: DemoFile) -> None:
    """Says about an imported object what the demo file's description says."""
    change_object(session, obj, {"name": demo.title, "description": demo.about})
    for tag in demo.tags:
        annotate(session, obj, {"type": "TagAnnotation", "text_value": tag})
    say_pairs(session, obj, demo.key_values)
    if demo.comment:
        annotate(session, obj, {"type": "CommentAnnotation", "text_value": demo.comment})
    if isinstance(obj, Image):
        draw_outlines(session, obj, demo)
    elif session.actor is not None:
        for well in session.scalars(visible(Well, session.actor).where(Well.plate_id == obj.id)).all():
            say_pairs(session, well, demo.wells.get(well_name(well.row, well.column), ()))


def say_pairs(session: ActorSession, obj: Owned | Well, pairs: Pairs) -> None:
    """Annotates an object with key-values, as if a person had typed them."""
    if pairs:
        values = {"type": "MapAnnotation", "ns": CLIENT_NAMESPACE, "map_value": [list(pair) for pair in pairs]}
        annotate(session, obj, values)


def draw_outlines(session: ActorSession, image: Image, demo: DemoFile) -> None:
    """Adds the outlines of a demo file to its image as regions of interest."""
    for outline in demo.outlines:
        roi = make_object(session, Roi, {"image_id": image.id, "name": outline.name})
        points = " ".join(f"{x:g},{y:g}" for x, y in outline.points)
        shape = {"type": "Polygon", "roi_id": roi.id, "points": points, "the_z": outline.z, "the_t": outline.t}
        make_object(session, Shape, shape | {"stroke_color": "FFD34DFF", "stroke_width": 1.5})
