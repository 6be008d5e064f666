"""The ground every entity stands on: identity, ownership, wholes and parts, links, and the marks columns carry.

An entity is said once, as a class here in ``model``. How it is protected is part of that: each class is ``Owned`` (it
has an owner and a group), a ``Part`` (it is seen with a declared whole), ``Personal`` (it is seen by one person),
``Shared`` (it is seen by everyone signed in, such as enumerations) or ``Internal`` (no person's session sees it).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Double, ForeignKey, Index, Integer, MetaData, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")

#: Marks for ``mapped_column(info=...)``: clients may read the column but not set it.
READ_ONLY: dict[str, Any] = {"read_only": True}
#: Clients neither read nor set the column.
PRIVATE: dict[str, Any] = {"private": True}
#: Clients set the column when they make the object, and never again.
FIXED: dict[str, Any] = {"fixed": True}


def in_utc(time: datetime) -> datetime:
    """A time in UTC; one without a zone is meant in UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Times with a zone, kept in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else in_utc(value)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """The same, remembered: what was made together has the same time, and is listed together."""
        process = super().result_processor(dialect, coltype)
        return process and lru_cache(maxsize=1024)(process)


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), dict[str, Any]: Json, list[Any]: Json}


def snake_case(name: str) -> str:
    """``LogicalChannel`` -> ``logical_channel``."""
    return "".join(("_" if i and c.isupper() else "") + c.lower() for i, c in enumerate(name))


class Entity(Base):
    """What every entity has: an id, a version that grows with each change, and a name in URLs."""

    __abstract__ = True
    #: How objects are told in URLs and names; derived from the class unless said.
    __plural__: ClassVar[str] = ""
    __singular__: ClassVar[str] = ""

    #: Where a class has kinds (subclasses in the same table), the column that tells them by their class's name.
    __kinds__: ClassVar[str | None] = None

    @declared_attr.directive
    @classmethod
    def __tablename__(cls) -> str | None:
        return None if cls.is_kind() else cls.singular()

    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=READ_ONLY, sort_order=-100)
    version: Mapped[int] = mapped_column(default=1, info=READ_ONLY, sort_order=-99)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        if cls.is_kind():
            return {"polymorphic_identity": cls.__name__}
        kinds = {"polymorphic_on": cls.__kinds__, "polymorphic_abstract": True} if cls.__kinds__ else {}
        return {"version_id_col": cls.version, **kinds}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give every quantity its canonical column before SQLAlchemy maps the class.

        The columns of a kind are not loaded with the general class: they are when they are set, so that the record has what
        stood there.
        """
        for name, column in list(vars(cls).items()):
            if isinstance(column, MappedColumn) and cls.is_kind():
                column.active_history = True
            if isinstance(column, MappedColumn) and "quantity" in column.column.info:
                setattr(cls, f"{name}_canonical", mapped_column(Double, nullable=True, index=True, info=PRIVATE))
        super().__init_subclass__(**kwargs)

    @classmethod
    def is_kind(cls) -> bool:
        """Whether this class is one of the kinds of another, in whose table it lives."""
        return cls.__kinds__ is not None and "__kinds__" not in vars(cls)

    @classmethod
    def singular(cls) -> str:
        """The name of an object of this class before its id: ``image`` in ``image:12``."""
        return cls.__singular__ or snake_case(cls.__name__)

    @classmethod
    def plural(cls) -> str:
        """The name of this class in URLs: ``images``."""
        singular = cls.singular()
        return cls.__plural__ or (singular[:-1] + "ies" if singular.endswith("y") else singular + "s")

    def __str__(self) -> str:
        return f"{self.singular()}:{self.id}"


class Owned(Entity):
    """An object with an owner and a group, whose making, last change and deletion are events."""

    __abstract__ = True

    @declared_attr
    @classmethod
    def owner_id(cls) -> Mapped[int]:
        return mapped_column(BigId, ForeignKey("experimenter.id"), index=True, info=READ_ONLY, sort_order=90)

    @declared_attr
    @classmethod
    def group_id(cls) -> Mapped[int]:
        return mapped_column(BigId, ForeignKey("experimenter_group.id"), index=True, info=FIXED, sort_order=91)

    @declared_attr
    @classmethod
    def creation_event_id(cls) -> Mapped[int]:
        return mapped_column(BigId, ForeignKey("event.id"), info=READ_ONLY, sort_order=92)

    @declared_attr
    @classmethod
    def update_event_id(cls) -> Mapped[int]:
        return mapped_column(BigId, ForeignKey("event.id"), info=READ_ONLY, sort_order=93)

    @declared_attr
    @classmethod
    def deleted_event_id(cls) -> Mapped[int | None]:
        return mapped_column(BigId, ForeignKey("event.id"), index=True, info=PRIVATE, sort_order=94)


class Part(Entity):
    """A part of a whole: seen, changed and deleted with it.

    ``__whole__`` names the column that refers to the whole. Where the whole refers to the part instead, it is
    ``Class.column`` of the whole (``Channel.logical_channel_id``).
    """

    __abstract__ = True
    __whole__: ClassVar[str] = ""


class Personal(Entity):
    """An object that belongs to one person, and that nobody else but an administrator sees."""

    __abstract__ = True

    @declared_attr
    @classmethod
    def experimenter_id(cls) -> Mapped[int]:
        return mapped_column(BigId, ForeignKey("experimenter.id"), index=True, info=READ_ONLY, sort_order=90)


class Shared(Entity):
    """An object that everyone who is signed in may see, and administrators may change."""

    __abstract__ = True


class Internal(Base):
    """A table that no person's session reads."""

    __abstract__ = True

    @declared_attr.directive
    @classmethod
    def __tablename__(cls) -> str:
        return snake_case(cls.__name__)


class Enumeration(Shared):
    """A list of values that a column may have. Other tables refer to the value itself, so that reading needs no join."""

    __abstract__ = True

    value: Mapped[str] = mapped_column(String(80), unique=True)


class Link(Owned):
    """A link between two objects, with an owner of its own: ``parent`` contains or carries ``child``."""

    __abstract__ = True
    __parent__: ClassVar[type[Entity]]
    __child__: ClassVar[type[Entity]]
    parent_id: Mapped[int]
    child_id: Mapped[int]


def quantity(kind: str) -> MappedColumn[Any]:
    """A column for a number whose unit stands in the column ``NAME_unit``; ``kind`` is one of ``geometry.KINDS``.

    The number and unit stay as they were given; a third column, ``NAME_canonical`` (in the unit of its kind), serves search.
    """
    return mapped_column(Double, nullable=True, info={"quantity": kind})


def color(*, digits: int = 6, **options: Any) -> MappedColumn[Any]:
    """A column for a colour of six hexadecimal digits (RRGGBB), or eight (RRGGBBAA)."""
    return mapped_column(String(digits), info={"pattern": f"^[0-9A-Fa-f]{{{digits}}}$"}, **options)


def referring(target: str, *, index: bool = True, **options: Any) -> MappedColumn[Any]:
    """A column that refers to the id of a row of another table."""
    return mapped_column(BigId, ForeignKey(f"{target}.id"), index=index, **options)


def _one_live_link(table: str) -> Index:
    """One person links two objects once; links in the bin do not count."""
    is_live = text("deleted_event_id IS NULL")
    return Index(
        f"uq_{table}_live", "parent_id", "child_id", "owner_id", unique=True, sqlite_where=is_live, postgresql_where=is_live
    )


def make_link(parent: type[Entity], child: type[Entity], name: str | None = None) -> type[Link]:
    """The class of links from ``parent`` to ``child``; objects of ``parent`` get ``PARENT.CHILD_links``."""
    name = name or f"{parent.__name__}{child.__name__}Link"
    backward = f"{snake_case(child.__name__)}_links"
    parent_id, child_id = referring(parent.singular(), info=FIXED), referring(child.singular(), info=FIXED)
    body = {
        "__parent__": parent,
        "__child__": child,
        "__module__": parent.__module__,
        "__doc__": f"A link from {parent.__name__} to {child.__name__}.",
        "__table_args__": (_one_live_link(snake_case(name)),),
        "__annotations__": {"parent_id": Mapped[int], "child_id": Mapped[int]},
        "parent_id": parent_id,
        "child_id": child_id,
        "parent": relationship(parent, back_populates=backward, foreign_keys=[parent_id]),
        "child": relationship(child, foreign_keys=[child_id]),
    }
    made: type[Link] = type(name, (Link,), body)
    setattr(parent, backward, relationship(made, back_populates="parent", foreign_keys=[made.__table__.c.parent_id]))
    return made
