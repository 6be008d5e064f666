"""What a share link or a publication reaches: for each class one declared path from what was shared, as SQL.

A class without a path is not reached. Parts are reached with their wholes, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, exists, false, or_, select, true
from sqlalchemy.sql.elements import False_

from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    Base,
    Dataset,
    DatasetImageLink,
    Enumeration,
    Event,
    Experimenter,
    FileAnnotation,
    Fileset,
    FilesetEntry,
    Image,
    Link,
    OriginalFile,
    Pixels,
    Plate,
    Project,
    ProjectDatasetLink,
    RenderingDef,
    Roi,
    Screen,
    ScreenPlateLink,
    Well,
    WellSample,
)
from micrarium.permissions.rules import Reach

Columns = Any
#: The criterion of another class in the same reach: of the class, its columns.
Inner = Callable[[type[Base], Columns], ColumnElement[bool]]
#: The classes on which annotations are reached, those first that most of them are on.
_DESCRIBED: tuple[type[Base], ...] = (Image, Roi, Dataset, Project, Well, Plate, Screen)


def reached(entity: type[Base], columns: Columns, reach: Reach, inner: Inner) -> ColumnElement[bool]:
    """What must hold of a row of an owned class for a reach to reach it.

    ``inner`` gives the whole criterion of the class that a path leads through, bin and owner's sight included.
    """
    ways = [columns.group_id.in_(reach.groups)] if reach.groups else []
    if ids := reach.ids_of(entity.__name__):
        ways.append(columns.id.in_(ids))
    if entity.__name__ in reach.found:
        ways.append(columns.id.in_(reach.found[entity.__name__]))
    for kind, path in _PATHS.items():
        if issubclass(entity, kind):
            ways += path(entity, columns, reach, inner)
            break
    return or_(*ways) if ways else false()


def reached_unowned(entity: type[Base], columns: Columns, reach: Reach, actor_id: int) -> ColumnElement[bool]:
    """The same for a class without owners: lists of values, and who made what and when unless the reach is blind."""
    if issubclass(entity, Enumeration):
        return true()
    if reach.is_blind or reach.is_public:
        return false()
    if issubclass(entity, Experimenter):
        return columns.id == actor_id  # type: ignore[no-any-return]  # columns are untyped
    return true() if issubclass(entity, Event) else false()


def is_reached_by_shown(entity: type[Base]) -> bool:
    """Whether rows of a class are reached by nothing but a link to, or a parent that is reached: annotations and their links."""
    if issubclass(entity, Link):
        return entity.__child__ is Annotation and entity.__parent__ in _DESCRIBED
    return issubclass(entity, Annotation)


def _table(entity: type[Base]) -> Any:
    return entity.__table__.alias()


def _some(statement: Any, *tables: Any) -> ColumnElement[bool]:
    """That a statement on some tables finds a row; all others it names stand outside."""
    return exists(statement.correlate_except(*tables))


def _linked(link: type[Link], columns: Columns, parents: Any) -> ColumnElement[bool]:
    """That a live link leads to a row from one of some parents (ids, or a criterion on the link's column)."""
    table = _table(link)
    is_from = parents(table.c.parent_id) if callable(parents) else table.c.parent_id.in_(parents)
    return _some(select(1).where(table.c.child_id == columns.id, table.c.deleted_event_id.is_(None), is_from), table)


def _of_projects(reach: Reach) -> Callable[[Any], ColumnElement[bool]]:
    def is_in(dataset_id: Any) -> ColumnElement[bool]:
        table = _table(ProjectDatasetLink)
        live = table.c.child_id == dataset_id, table.c.deleted_event_id.is_(None)
        return _some(select(1).where(*live, table.c.parent_id.in_(reach.ids_of("Project"))), table)

    return is_in


def _of_screens(reach: Reach) -> Callable[[Any], ColumnElement[bool]]:
    def is_on(plate_id: Any) -> ColumnElement[bool]:
        table = _table(ScreenPlateLink)
        live = table.c.child_id == plate_id, table.c.deleted_event_id.is_(None)
        return _some(select(1).where(*live, table.c.parent_id.in_(reach.ids_of("Screen"))), table)

    return is_on


def _dataset(_entity: type[Base], columns: Columns, reach: Reach, _inner: Inner) -> list[ColumnElement[bool]]:
    return [_of_projects(reach)(columns.id)] if reach.ids_of("Project") else []


def _plate(_entity: type[Base], columns: Columns, reach: Reach, _inner: Inner) -> list[ColumnElement[bool]]:
    return [_of_screens(reach)(columns.id)] if reach.ids_of("Screen") else []


def _image(_entity: type[Base], columns: Columns, reach: Reach, _inner: Inner) -> list[ColumnElement[bool]]:
    ways = []
    if ids := reach.ids_of("Dataset"):
        ways.append(_linked(DatasetImageLink, columns, ids))
    if reach.ids_of("Project"):
        ways.append(_linked(DatasetImageLink, columns, _of_projects(reach)))
    plates: list[Callable[[Any], ColumnElement[bool]]] = []
    if plate_ids := reach.ids_of("Plate"):
        plates.append(lambda plate_id: plate_id.in_(plate_ids))
    if reach.ids_of("Screen"):
        plates.append(_of_screens(reach))
    for is_reached in plates:
        sample, well = _table(WellSample), _table(Well)
        place = select(1).select_from(sample.join(well, well.c.id == sample.c.well_id))
        ways.append(_some(place.where(sample.c.image_id == columns.id, is_reached(well.c.plate_id)), sample, well))
    return ways


def _on_image(_entity: type[Base], columns: Columns, _reach: Reach, inner: Inner) -> list[ColumnElement[bool]]:
    table = _table(Image)
    return [_some(select(1).where(table.c.id == columns.image_id, inner(Image, table.c)), table)]


def _of_pixels(_entity: type[Base], columns: Columns, _reach: Reach, inner: Inner) -> list[ColumnElement[bool]]:
    table = _table(Pixels)
    return [_some(select(1).where(table.c.id == columns.pixels_id, inner(Pixels, table.c)), table)]


def _fileset(_entity: type[Base], columns: Columns, reach: Reach, inner: Inner) -> list[ColumnElement[bool]]:
    if reach.is_blind:
        return []
    table = _table(Image)
    return [_some(select(1).where(table.c.fileset_id == columns.id, inner(Image, table.c)), table)]


def _original_file(_entity: type[Base], columns: Columns, reach: Reach, inner: Inner) -> list[ColumnElement[bool]]:
    if reach.is_blind:
        return []
    entry, image, attached = _table(FilesetEntry), _table(Image), _table(FileAnnotation)
    imported = select(1).select_from(entry.join(image, image.c.fileset_id == entry.c.fileset_id))
    annotation = select(1).where(attached.c.file_id == columns.id, inner(Annotation, attached.c))
    found = imported.where(entry.c.original_file_id == columns.id, inner(Image, image.c))
    return [_some(found, entry, image), _some(annotation, attached)]


def _annotation(_entity: type[Base], columns: Columns, _reach: Reach, inner: Inner) -> list[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = []
    for parent in _DESCRIBED:
        link, whole = _table(ANNOTATION_LINKS[parent]), _table(parent)  # type: ignore[index]  # all of them are annotated
        if isinstance(seen := inner(parent, whole.c), False_):
            continue  # the database would look for what is never there
        place = select(1).select_from(link.join(whole, whole.c.id == link.c.parent_id))
        live = link.c.child_id == columns.id, link.c.deleted_event_id.is_(None)
        ways.append(_some(place.where(*live, seen), link, whole))
    return ways


def _link(entity: type[Base], columns: Columns, _reach: Reach, inner: Inner) -> list[ColumnElement[bool]]:
    """A link is reached with both of its ends; what is said of an object is reached with the object."""
    assert issubclass(entity, Link)
    parent, child = entity.__parent__, entity.__child__
    above = _table(parent)
    is_above = _some(select(1).where(above.c.id == columns.parent_id, inner(parent, above.c)), above)
    if child is Annotation:
        return [is_above] if parent in _DESCRIBED else []
    below = _table(child)
    return [is_above & _some(select(1).where(below.c.id == columns.child_id, inner(child, below.c)), below)]


_Path = Callable[[type[Base], Columns, Reach, Inner], list[ColumnElement[bool]]]
_PATHS: dict[type[Base], _Path] = {
    Dataset: _dataset,
    Plate: _plate,
    Image: _image,
    Roi: _on_image,
    RenderingDef: _of_pixels,
    Fileset: _fileset,
    OriginalFile: _original_file,
    Annotation: _annotation,
    Link: _link,
}
