"""Copies of a sample dataset for other people: the same files and what is said of the images, as objects of their own."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from micrarium.actions.annotating import annotate
from micrarium.actions.changing import make_object
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site
from micrarium.actions.placing import placing_pyramid
from micrarium.actions.preparing import prepare_images
from micrarium.actions.storing import locate
from micrarium.errors import NotFound, Unavailable
from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    Base,
    Dataset,
    DatasetImageLink,
    Entity,
    FilesetEntry,
    Image,
    OriginalFile,
    Roi,
    Shape,
)
from micrarium.permissions import Actor, ActorSession, every, open_session, system_session

#: What is copied of what people said of an image; files that were attached stay with the sample.
_SAID = (
    "TagAnnotation",
    "CommentAnnotation",
    "MapAnnotation",
    "TermAnnotation",
    "LongAnnotation",
    "DoubleAnnotation",
    "BooleanAnnotation",
)


@dataclass(frozen=True)
class SampleImage:
    """An image of a sample as it is to be made again: its fields, annotations and regions of interest."""

    fields: dict[str, Any]
    annotations: list[dict[str, Any]]
    rois: list[tuple[dict[str, Any], list[dict[str, Any]]]]
    pyramid: str | None


@dataclass(frozen=True)
class SampleFileset:
    """Files that are imported together: the one to open, what is cut off of paths, and its images by their place in it."""

    path: Path
    root: Path
    is_in_place: bool
    images: dict[int, SampleImage]


@dataclass(frozen=True)
class Sample:
    """A dataset that is to be copied."""

    name: str
    description: str | None
    filesets: list[SampleFileset] = field(repr=False)


def find_sample(site: Site, dataset_id: int) -> Sample:
    """All that a copy of a dataset needs. Raises ``NotFound`` where it is gone or in the bin."""
    with system_session(site.engine, f"read dataset:{dataset_id} to copy it", is_reading=True) as session:
        dataset = session.get(Dataset, dataset_id)
        if dataset is None or dataset.deleted_event_id is not None:
            raise NotFound(f"There is no dataset:{dataset_id} to copy")
        inside = every(Image).join(DatasetImageLink, DatasetImageLink.child_id == Image.id).distinct()
        inside = inside.where(DatasetImageLink.parent_id == dataset_id, DatasetImageLink.deleted_event_id.is_(None))
        filesets: dict[int, list[Image]] = {}
        for image in session.scalars(inside.where(Image.deleted_event_id.is_(None)).order_by(Image.id)):
            if image.fileset_id is not None:
                filesets.setdefault(image.fileset_id, []).append(image)
        found = [_read_fileset(session, site, number, images) for number, images in filesets.items()]
        return Sample(dataset.name, dataset.description, found)


def _read_fileset(session: ActorSession, site: Site, fileset_id: int, images: list[Image]) -> SampleFileset:
    entries = every(OriginalFile).join(FilesetEntry, FilesetEntry.original_file_id == OriginalFile.id)
    files = session.scalars(entries.where(FilesetEntry.fileset_id == fileset_id).order_by(FilesetEntry.position)).all()
    path = locate(site.data, files[0].location)
    root = path.parents[max(0, len(Path(files[0].path).parts) - 1)] if not Path(files[0].path).is_absolute() else path.parent
    return SampleFileset(path, root, files[0].is_in_place, {image.series: _read_image(session, image) for image in images})


def _read_image(session: ActorSession, image: Image) -> SampleImage:
    link = ANNOTATION_LINKS[Image]
    said = every(Annotation).join(link, link.child_id == Annotation.id).where(link.parent_id == image.id)
    said = said.where(link.deleted_event_id.is_(None), Annotation.deleted_event_id.is_(None)).order_by(link.id)
    annotations = [_values_of(one) | {"type": one.type} for one in session.scalars(said) if one.type in _SAID]
    rois = []
    here = every(Roi).where(Roi.image_id == image.id, Roi.deleted_event_id.is_(None)).order_by(Roi.id)
    for roi in session.scalars(here):
        shapes = session.scalars(every(Shape).where(Shape.roi_id == roi.id).order_by(Shape.id))
        rois.append((_values_of(roi), [_values_of(shape) | {"type": shape.type} for shape in shapes]))
    return SampleImage(_values_of(image), annotations, rois, image.pixels.pyramid)


def _values_of(obj: Base) -> dict[str, Any]:
    """What somebody may set of an object and has, but for what it refers to."""
    found = {}
    for attribute in inspect(type(obj)).column_attrs:
        column = attribute.columns[0]
        if not (column.foreign_keys and not column.info.get("enumeration")) and not column.info.keys() & {"read_only", "private"}:
            value = getattr(obj, attribute.key)
            if value is not None and attribute.key != "type":
                found[attribute.key] = value
    if hasattr(obj, "map_value"):
        found["map_value"] = obj.map_value
    return found


def copy_sample(site: Site, actor: Actor, sample: Sample) -> tuple[int, list[dict[str, str]]]:
    """How many images a person has got as their own copy of a sample, in a dataset of its name, and what failed.

    What they have already is passed over, so this may be done again.
    """
    copied, failed = 0, []
    for fileset in sample.filesets:
        way: Any = "stay" if fileset.is_in_place else "link"
        options: dict[str, Any] = {"dataset": sample.name, "group_id": actor.group_id, "client_root": fileset.root}
        result = import_files(site, actor, [fileset.path], way=way, is_preparing=False, **options)
        failed += result.failed
        _copy_pyramids(site, result.images, fileset)
        prepare_images(site, result.images, report=lambda _part, _doing: None, warnings=result.warnings)
        copied += len(result.images)
        with open_session(site.engine, actor) as session:
            for image_id in result.images:
                _describe_copy(session, image_id, fileset)
    return copied, failed


def _copy_pyramids(site: Site, image_ids: list[int], fileset: SampleFileset) -> None:
    """Give new images the pyramids of those they are copies of, by hard links; what cannot be had so is built anew."""
    with system_session(site.engine, "find what images are copies of", is_reading=True) as session:
        series = {image.id: image.series for image in session.scalars(every(Image).where(Image.id.in_(image_ids)))}
    for image_id, number in series.items():
        given = fileset.images.get(number)
        if given is None or given.pyramid is None:
            continue
        # What cannot be linked is built later; shutil's own error, which gathers those of single files, is an OSError.
        with suppress(Unavailable), placing_pyramid(site, image_id) as out:
            shutil.copytree(site.data / given.pyramid, out, copy_function=os.link)


def _describe_copy(session: ActorSession, image_id: int, fileset: SampleFileset) -> None:
    """Say of a copy what was said of the image it is a copy of."""
    image = session.get(Image, image_id)
    if image is None or (given := fileset.images.get(image.series)) is None:
        return
    for name in ("name", "description"):
        if name in given.fields:
            setattr(image, name, given.fields[name])
    session.flush()
    for values in given.annotations:
        annotate(session, image, values)
    for roi_values, shapes in given.rois:
        roi = _make(session, Roi, {**roi_values, "image_id": image_id})
        for shape in shapes:
            _make(session, Shape, {**shape, "roi_id": roi.id})


def _make(session: ActorSession, entity: type[Entity], values: dict[str, Any]) -> Entity:
    return make_object(session, entity, values)
