"""People and the groups they share their data in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.base import FIXED, PRIVATE, READ_ONLY, BigId, Entity, Internal, Personal, referring

#: The permission levels of a group, from the closest to the most open.
LEVELS = ("private", "read-only", "read-annotate", "read-write")
#: Who may download the originals of a group's images, from nobody to whoever sees them; see ``permissions.downloading``.
BINARY_ACCESS = ("none", "editors", "editors-and-plates", "members", "all")
#: What an administrator may be given to do, by OMERO's names. Those for files and scripts are kept, and bind nobody here:
#: files are objects, and ``WriteOwned`` and ``DeleteOwned`` say who may change them.
PRIVILEGES = (
    "Chgrp", "Chown", "DeleteFile", "DeleteManagedRepo", "DeleteOwned", "DeleteScriptRepo", "ModifyGroup",
    "ModifyGroupMembership", "ModifyUser", "ReadSession", "Sudo", "WriteFile", "WriteManagedRepo", "WriteOwned",
    "WriteScriptRepo",
)  # fmt: skip


class Experimenter(Entity):
    """A person with an account. ``ome_name`` is the name they sign in with.

    An administrator sees everything. ``privileges`` lists what they may do besides; without a list they may do all.
    """

    ome_name: Mapped[str] = mapped_column(String(255), unique=True)
    first_name: Mapped[str] = mapped_column(String(255), default="")
    middle_name: Mapped[str | None] = mapped_column(String(255))
    last_name: Mapped[str] = mapped_column(String(255), default="")
    email: Mapped[str | None] = mapped_column(String(255))
    institution: Mapped[str | None] = mapped_column(String(255))
    orcid: Mapped[str | None] = mapped_column(String(40))
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    privileges: Mapped[list[Any] | None]
    default_group_id: Mapped[int | None] = referring("experimenter_group", index=False)
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger, info=READ_ONLY)

    group_maps: Mapped[list[GroupExperimenterMap]] = relationship(back_populates="child")


class ExperimenterGroup(Entity):
    """A group of people. Every object is in one group; ``level`` says what its members may do with each other's data.

    ``binary_access`` says who may download original files, as OMERO's policy of that name does.
    """

    __table_args__ = (CheckConstraint(f"level IN {LEVELS}", name="level"),)

    name: Mapped[str] = mapped_column(String(255), unique=True)
    description: Mapped[str] = mapped_column(String(4000), default="")
    level: Mapped[str] = mapped_column(String(20), default="private", info={"choices": LEVELS})
    binary_access: Mapped[str] = mapped_column(String(20), default="all", server_default="all", info={"choices": BINARY_ACCESS})
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger, info=READ_ONLY)

    experimenter_maps: Mapped[list[GroupExperimenterMap]] = relationship(back_populates="parent")


class GroupExperimenterMap(Entity):
    """That a person is a member of a group, or one of its owners."""

    __table_args__ = (UniqueConstraint("parent_id", "child_id"),)

    parent_id: Mapped[int] = referring("experimenter_group", info=FIXED)
    child_id: Mapped[int] = referring("experimenter", info=FIXED)
    owner: Mapped[bool] = mapped_column(default=False)
    #: The sign-in source that gave this membership and may take it back; None for one given by hand.
    source: Mapped[str | None] = mapped_column(String(10), info=READ_ONLY)

    parent: Mapped[ExperimenterGroup] = relationship(back_populates="experimenter_maps")
    child: Mapped[Experimenter] = relationship(back_populates="group_maps")


class Password(Internal):
    """The argon2 hash of a person's password."""

    experimenter_id: Mapped[int] = referring("experimenter", index=False, primary_key=True)
    hash: Mapped[str] = mapped_column(String(255))


class LoginSession(Internal):
    """A browser that is signed in. Only the SHA-256 of the cookie's value is kept.

    ``sudo_experimenter_id`` is the administrator who works in it as the person it belongs to.
    """

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    experimenter_id: Mapped[int] = referring("experimenter")
    group_id: Mapped[int | None] = referring("experimenter_group", index=False)
    sudo_experimenter_id: Mapped[int | None] = referring("experimenter", index=False)
    created_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(255), default="")


class Token(Personal):
    """A key for scripts and viewers. Only its SHA-256 is kept; ``scope`` is a list with spaces of what it is for."""

    name: Mapped[str] = mapped_column(String(255), default="")
    scope: Mapped[str] = mapped_column(String(60), default="read")
    key_hash: Mapped[str] = mapped_column(String(64), unique=True, info=PRIVATE)
    group_id: Mapped[int | None] = referring("experimenter_group", index=False, info=READ_ONLY)
    created_at: Mapped[datetime] = mapped_column(info=READ_ONLY)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None] = mapped_column(info=READ_ONLY)
