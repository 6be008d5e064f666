"""The doctor: everything about a site that can be wrong, each finding with what to do about it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from micrarium.actions.accounting import spell_bytes
from micrarium.actions.asking_directory import check_directory
from micrarium.actions.asking_provider import check_provider
from micrarium.actions.auditing import Finding, Report, check_files
from micrarium.actions.configuring import describe_settings
from micrarium.errors import MicrariumError, OldSchema
from micrarium.model.database import check_schema, open_engine
from micrarium.model.examining import find_clock, find_damage, find_dangling, find_missing_indexes
from micrarium.plugins import FORMATS, load_plugin, plugin_names
from micrarium.settings import Settings, unknown_variables

#: A database whose clock differs by more than this makes sessions end early and histories lie.
_CLOCK_S = 5.0
#: Before this no Micrarium was made, so a clock that says so is wrong.
_EARLIEST = 1_735_689_600.0


def examine_site(settings: Settings, *, is_thorough: bool = False, report: Report = lambda _part, _doing: None) -> list[Finding]:
    """What every check of a data folder found, whether a server uses it or not; nothing is changed.

    Originals are read and compared with their checksums: some of them, or all when it is thorough.
    """
    found = [*_check_settings(settings), *_check_sign_in(settings), *_check_packages(), *_check_readers(), *_check_bioformats()]
    if not settings.data.is_dir():
        advice = "Name the data folder with --data, or make one with: micrarium serve --data DIR"
        return [*found, Finding("data folder", "error", f"There is no data folder {settings.data}", advice)]
    found += [*_check_folder(settings), *_check_port(settings)]
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        advice = "Restore a backup with: micrarium restore; or set MICRARIUM_DATABASE_URL where it is on PostgreSQL"
        return [*found, Finding("database", "error", f"There is no database {url.database}", advice)]
    try:
        with _opened(settings.database) as engine:
            found += _check_database(engine)
            if all(one.state != "error" for one in found if one.check in ("database", "migrations")):
                report(0.1, "Looking at the files")
                found += check_files(engine, settings.data.absolute(), is_thorough=is_thorough, report=report)
    except (SQLAlchemyError, sqlite3.Error) as error:
        told = str(getattr(error, "orig", None) or error).splitlines()[0]
        advice = "Start the database, check MICRARIUM_DATABASE_URL, or restore a backup with: micrarium restore"
        found.append(Finding("database", "error", f"The database cannot be used: {told}", advice))
    return found


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _check_settings(settings: Settings) -> Iterator[Finding]:
    odd = unknown_variables()
    for sentence in odd:
        yield Finding("settings", "warning", sentence, "Correct its spelling, or unset it; see micrarium admin settings")
    if settings.smtp_url is not None and settings.mail_from is None:
        yield Finding("settings", "warning", "There is a mail server and no address to send from", "Set MICRARIUM_MAIL_FROM")
    if settings.host not in ("127.0.0.1", "localhost", "::1") and not (settings.public_url or "").startswith("https://"):
        told = f"The server listens on {settings.host} and no public address with https is set"
        yield Finding("settings", "warning", told, "Put a proxy with TLS before it, and set MICRARIUM_PUBLIC_URL")
    if not odd:
        count = sum(1 for one in describe_settings(settings) if one["origin"] != "default")
        yield Finding("settings", "ok", f"{count} of {len(Settings.model_fields)} settings are not the default")


def _check_sign_in(settings: Settings) -> Iterator[Finding]:
    """Whether the directory and the provider that people sign in by answer as they should, where there are any."""
    checks = (("directory", settings.ldap_url, check_directory, "LDAP"), ("provider", settings.oidc_issuer, check_provider, "OIDC"))
    for name, address, check, kind in checks:
        if address is None:
            continue
        try:
            check(settings)
        except MicrariumError as error:
            advice = f"Check the settings MICRARIUM_{kind}_..., and that this machine reaches {address}"
            yield Finding(name, "error", error.detail, advice)
        else:
            yield Finding(name, "ok", f"{address} answers as it should")


def _check_packages() -> Iterator[Finding]:
    """Each package that this version asks for is there in a version that suits."""
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(text) for text in metadata.requires("micrarium") or ()]
    except metadata.PackageNotFoundError:
        yield Finding(
            "packages", "warning", "Micrarium runs from a folder and is not installed", "Install it: pip install micrarium"
        )
        return
    faults = []
    for one in wanted:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            faults.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(version, prereleases=True):
            faults.append(f"{one.name} is {version} and should be {one.specifier}")
    for fault in faults:
        yield Finding("packages", "error", fault, "Install what is missing: pip install --upgrade micrarium")
    if not faults:
        yield Finding("packages", "ok", f"All packages suit, on Python {sys.version.split()[0]}")


def _check_readers() -> Iterator[Finding]:
    try:
        names = plugin_names(FORMATS)
        for name in names:
            load_plugin(FORMATS, name)
    except Exception as error:  # whatever somebody's plug-in raises when it is imported
        yield Finding(
            "readers", "error", f"A reader cannot be loaded: {error}", "Install the package it is from anew, or remove it"
        )
        return
    if names:
        yield Finding("readers", "ok", f"Readers: {', '.join(names)}")
    else:
        yield Finding("readers", "error", "There are no readers, so nothing can be imported", "Install Micrarium anew")


def _check_bioformats() -> Iterator[Finding]:
    """Bio-Formats, which nobody has to have: wrong is only what was asked for and does not work."""
    from micrarium.formats import bioformats_java as java

    missing = java.problem()
    if not missing:
        jar, machine = java.find_jar(), java.find_java()
        told = f"Bio-Formats {java.jar_version(jar)} ({jar}) with Java {java.java_version(machine)}"
        yield Finding("bioformats", "ok", told)
    elif os.environ.get(java.JAR_VARIABLE):
        yield Finding("bioformats", "warning", missing, f"See docs/formats.md, or take {java.JAR_VARIABLE} away")
    else:
        yield Finding("bioformats", "ok", f"Bio-Formats is not used: {missing}")


def _check_folder(settings: Settings) -> Iterator[Finding]:
    path = settings.data / f".probe-{os.getpid()}"
    try:
        path.write_bytes(b"")
        path.unlink()
    except OSError as error:
        told = f"{settings.data} cannot be written: {error.strerror}"
        yield Finding("data folder", "error", told, "Give the user who runs the server the right to write there")
    else:
        yield Finding("data folder", "ok", f"{settings.data.absolute()} can be written")
    if settings.data.stat().st_mode & 0o077:
        told = f"Other users of this machine may look into {settings.data}, past what the server allows"
        yield Finding("data folder", "warning", told, f"Close it: chmod 700 {settings.data}")
    free, least = shutil.disk_usage(settings.data).free, settings.min_free_mb * 10**6
    if free < least:
        advice = "Make room: empty the bin, remove old exports, or move the data folder to a larger disk"
        yield Finding("space", "error", f"Only {spell_bytes(free)} are free; {spell_bytes(least)} should be", advice)
    else:
        yield Finding("space", "ok", f"{spell_bytes(free)} are free")


def _check_port(settings: Settings) -> Iterator[Finding]:
    """Whether the server's port is free, or answered by a server of this data folder."""
    from micrarium.actions.opening import lock_data_folder

    is_served = False
    try:
        if (settings.data / "lock").exists():
            lock_data_folder(settings.data).close()
    except MicrariumError:
        is_served = True
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.settimeout(1.0)
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host
        is_answered = probe.connect_ex((host, settings.port)) == 0
    if is_answered and not is_served:
        told = f"Something else answers on port {settings.port}"
        yield Finding("port", "warning", told, "End it, or choose another port with MICRARIUM_PORT")
    elif is_served:
        yield Finding(
            "port", "ok", "A server works on this data folder" + ("" if is_answered else f", not on port {settings.port}")
        )
    else:
        yield Finding("port", "ok", f"Port {settings.port} is free, and no server works on this data folder")


def _check_database(engine: Engine) -> Iterator[Finding]:
    try:
        check_schema(engine)
    except OldSchema as error:
        yield Finding("migrations", "error", error.detail, "Make a backup, then run: micrarium upgrade")
        return
    yield Finding("migrations", "ok", "The database has the schema of this version")
    restore = "Restore a backup with: micrarium restore"
    damage = find_damage(engine)
    for fault in damage:
        yield Finding("database", "error", f"The database is damaged: {fault}", restore)
    if damage:
        return
    yield Finding("database", "ok", f"The database ({engine.dialect.name}) is whole")
    dangling = find_dangling(engine)
    for place, count in dangling.items():
        yield Finding("references", "error", f"{count} rows of {place} refer to something that is not there", restore)
    if not dangling:
        yield Finding("references", "ok", "Every row refers to rows that are there")
    missing = find_missing_indexes(engine)
    for name in missing:
        told = f"The database has no {name}, so some answers will be slow or wrong"
        yield Finding("indexes", "error", told, "Make a backup and restore it into a new database")
    if not missing:
        yield Finding("indexes", "ok", "All tables and indexes are there")
    yield from _check_clock(find_clock(engine))


def _check_clock(database_s: float) -> Iterator[Finding]:
    apart, now = abs(database_s - time.time()), time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    if apart > _CLOCK_S:
        told = f"The clock of the database's machine differs from this one's by {apart:.0f} seconds"
        yield Finding("clock", "warning", told, "Set both by NTP")
    elif time.time() < _EARLIEST:
        yield Finding("clock", "error", f"It is not {now}", "Set the clock of this machine by NTP")
    else:
        yield Finding("clock", "ok", f"It is {now} UTC here and in the database")
