"""Annotations: what people say of objects. One table for all types; each annotatable class has a link class of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Double, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.base import FIXED, READ_ONLY, Entity, Link, Owned, Part, Shared, make_link, referring

#: The namespace of key-values that are edited by hand, as OMERO's clients have it.
CLIENT_NAMESPACE = "openmicroscopy.org/omero/client/mapAnnotation"
#: The namespace that makes a tag a tag set, and that of ratings, as OMERO's clients have them.
TAG_SET_NAMESPACE = "openmicroscopy.org/omero/insight/tagset"
RATING_NAMESPACE = "openmicroscopy.org/omero/insight/rating"


class Annotation(Owned):
    """What someone says of objects; ``type`` tells which kind it is, ``ns`` whose meaning it has."""

    __kinds__ = "type"

    type: Mapped[str] = mapped_column(String(40), index=True, info=FIXED)
    ns: Mapped[str | None] = mapped_column(String(255), index=True)
    description: Mapped[str | None] = mapped_column(Text)


class TagAnnotation(Annotation):
    """A tag."""

    text_value: Mapped[str] = mapped_column(Text, nullable=True, use_existing_column=True)


class CommentAnnotation(Annotation):
    """A comment."""

    text_value: Mapped[str] = mapped_column(Text, nullable=True, use_existing_column=True)


class XmlAnnotation(Annotation):
    """A piece of XML."""

    text_value: Mapped[str] = mapped_column(Text, nullable=True, use_existing_column=True)


class TermAnnotation(Annotation):
    """A term of an ontology, by its address or id."""

    term_value: Mapped[str] = mapped_column(Text, nullable=True)


class LongAnnotation(Annotation):
    """A whole number. Under the namespace of ratings it is a rating, from 1 to 5."""

    long_value: Mapped[int] = mapped_column(BigInteger, nullable=True)


class DoubleAnnotation(Annotation):
    """A number."""

    double_value: Mapped[float] = mapped_column(Double, nullable=True)


class BooleanAnnotation(Annotation):
    """A yes or no."""

    bool_value: Mapped[bool] = mapped_column(nullable=True)


class TimestampAnnotation(Annotation):
    """A moment."""

    time_value: Mapped[datetime] = mapped_column(nullable=True)


class ListAnnotation(Annotation):
    """Annotations that belong together: those it is annotated with."""


class MapAnnotation(Annotation):
    """Key-value pairs, in order; a key may repeat."""

    entries: Mapped[list[MapEntry]] = relationship(
        order_by="MapEntry.position", cascade="all, delete-orphan", lazy="selectin", back_populates="annotation"
    )

    @property
    def map_value(self) -> list[list[str]]:
        """The pairs, in order."""
        return [[entry.name, entry.value] for entry in self.entries]

    @map_value.setter
    def map_value(self, pairs: list[list[str]]) -> None:
        self.entries = [MapEntry(position=i, name=name, value=value) for i, (name, value) in enumerate(pairs)]


class MapEntry(Part):
    """One key and its value, at its place among the pairs of a map annotation."""

    __whole__ = "annotation_id"
    __table_args__ = (Index("ix_map_entry_name_value", "name", "value"),)

    annotation_id: Mapped[int] = referring("annotation", info=READ_ONLY)
    position: Mapped[int] = mapped_column(info=READ_ONLY)
    name: Mapped[str] = mapped_column(String(1000))
    value: Mapped[str] = mapped_column(Text)

    annotation: Mapped[MapAnnotation] = relationship(back_populates="entries")


#: Classes that carry annotations, with the class of their links.
ANNOTATION_LINKS: dict[type[Entity], type[Link]] = {}


def annotatable(cls: type[Any]) -> type[Any]:
    """Give a class its links to annotations, ``CLASS.annotation_links``; a class decorator."""
    ANNOTATION_LINKS[cls] = make_link(cls, Annotation, f"{cls.__name__}AnnotationLink")
    return cls


#: A tag set is a tag that is annotated with its tags; what is said of an annotation is said the same way.
annotatable(Annotation)


class Namespace(Shared):
    """A namespace of annotations, explained to people."""

    name: Mapped[str] = mapped_column(String(255), unique=True)
    display_name: Mapped[str | None] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
