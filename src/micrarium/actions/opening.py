"""Opening a site: the data folder, its lock and its database, and what the first start makes."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from micrarium.actions import indexing
from micrarium.actions.signing_in import set_password
from micrarium.errors import DataFolderInUse, InvalidInput, Unavailable
from micrarium.model import Experimenter, ExperimenterGroup, GroupExperimenterMap
from micrarium.model.database import check_schema, open_engine, schema_revision, upgrade_schema
from micrarium.permissions import Actor, find_by, load_actor, system_session
from micrarium.settings import Settings

_log = logging.getLogger(__name__)
_ABOUT_READERS = {"prefer_readers", "bioformats_jar", "bioformats_memory_mb", "bioformats_timeout_s"}


@dataclass
class Site:
    """An opened site: its settings, its data folder (held by a lock) and its database. Close it when done."""

    settings: Settings
    engine: Engine
    lock: IO[str]

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.settings.data.absolute()

    @property
    def originals(self) -> Path:
        """Where imported originals are kept, byte for byte."""
        return self.data / "originals"

    @property
    def derived(self) -> Path:
        """Where pyramids are kept that originals lack. It can be made again from the originals."""
        return self.data / "derived"

    @property
    def uploads(self) -> Path:
        """Where uploads gather until they are imported."""
        return self.data / "uploads"

    @property
    def exports(self) -> Path:
        """Where finished exports wait to be fetched."""
        return self.data / "exports"

    def close(self) -> None:
        """Let go of the database and the data folder."""
        self.engine.dispose()
        self.lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_site(settings: Settings) -> Site:
    """The site of a data folder, made when it is not there.

    Raises ``DataFolderInUse`` when another process has it, ``OldSchema`` when its database needs ``micrarium upgrade``.
    """
    indexing.keep_documents()
    tell_readers(settings)
    lock = lock_data_folder(settings.data)
    try:
        engine = _reach_database(settings)
        if schema_revision(engine) is None:
            upgrade_schema(engine)
        check_schema(engine)
        site = Site(settings, engine, lock)
        for folder in (site.originals, site.derived, site.uploads, site.exports):
            folder.mkdir(exist_ok=True)
        _make_first_account(site)
    except BaseException:
        lock.close()
        raise
    return site


def tell_readers(settings: Settings) -> None:
    """Put what the settings file says of readers where they, and the processes they work in, look: into the environment."""
    present = {name.upper() for name in os.environ}
    for name in _ABOUT_READERS & settings.model_fields_set:
        value, variable = getattr(settings, name), f"MICRARIUM_{name.upper()}"
        if value is not None and variable not in present:
            os.environ[variable] = ",".join(value) if isinstance(value, list) else str(value)


def _reach_database(settings: Settings) -> Engine:
    """An engine of the site's database. Raises ``Unavailable`` where it cannot be reached or is none."""
    try:
        engine = open_engine(settings.database)
        schema_revision(engine)
    except (SQLAlchemyError, ImportError) as error:
        told = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise Unavailable(f"The database cannot be used: {told}; check that it runs, and MICRARIUM_DATABASE_URL") from None
    return engine


def upgrade_site(settings: Settings) -> None:
    """Bring the database of a data folder to the schema of this version."""
    with lock_data_folder(settings.data):
        engine = _reach_database(settings)
        upgrade_schema(engine)
        engine.dispose()


def lock_data_folder(folder: Path) -> IO[str]:
    """An open file that holds the folder for this process until it is closed; the system closes it if we die."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o700)  # people reach what is in it through the server, which asks who they are
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be used as a data folder: {error.strerror}", field="data") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise DataFolderInUse(
            f"{folder} is in use by a running Micrarium; stop it, or talk to it with: micrarium login URL"
        ) from None
    return lock


def _make_first_account(site: Site) -> None:
    with system_session(site.engine, "first start") as session:
        public = site.settings.public_group
        if public is not None and find_by(session, ExperimenterGroup, name=public) is None:
            # No error: the group is made on a server that was started.
            _log.warning("MICRARIUM_PUBLIC_GROUP names %r, and there is no such group (yet): nothing is public by it", public)
        if find_by(session, Experimenter, ome_name="admin") is not None:
            return
        given = site.settings.admin_password
        chosen = given.get_secret_value() if given else ""
        password = chosen or secrets.token_urlsafe(12)
        admin = Experimenter(ome_name="admin", first_name="Site", last_name="Administrator", is_admin=True)
        group = ExperimenterGroup(name="default", description="The first group", level="read-annotate")
        session.add_all([admin, group])
        session.flush()
        session.add(GroupExperimenterMap(parent_id=group.id, child_id=admin.id, owner=True))
        set_password(session, admin, password, fewest=site.settings.password_min_length)
        if not chosen:
            write_private(site.data / "initial-password", password + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def admin_actor(site: Site) -> Actor:
    """The administrator, as whom commands work on a data folder directly."""
    with system_session(site.engine, "act as the administrator") as session:
        person = find_by(session, Experimenter, ome_name="admin")
        if person is None:
            raise InvalidInput("This data folder has no user 'admin'")
        return load_actor(session, person.id)
