"""Backups while a site works, and data folders made of them again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from micrarium.actions.administrating import add_member, make_group
from micrarium.actions.annotating import annotate
from micrarium.actions.backing_up import FILES, MANIFEST, back_up, find_backup, find_backups, read_manifest, verify_backup
from micrarium.actions.importing import import_files
from micrarium.actions.locating import source_of
from micrarium.actions.opening import Site, admin_actor, open_site
from micrarium.actions.restoring import restore_site
from micrarium.errors import Conflict, InvalidInput, NotFound, OutputExists, Unavailable, UnreadableFile
from micrarium.model import Image, MapEntry, OriginalFile
from micrarium.permissions import every, get_visible, open_session, system_session
from micrarium.settings import Settings
from micrarium.testing.files import numbered_pixels, write_big_tiff, write_ome_tiff, write_ome_zarr
from micrarium.testing.servers import start_server


def no_report(_part: float, _doing: str) -> None:
    return None


def add_image(site: Site, folder: Path, seed: int) -> int:
    """The number of a new image with a key-value."""
    path = folder / f"{seed}.ome.tif"
    write_ome_tiff(path, numbered_pixels(1, 1, 1, 40, 40, seed=seed))
    actor = admin_actor(site)
    (image_id,) = import_files(site, actor, [path]).images
    with open_session(site.engine, actor) as session:
        annotate(session, get_visible(session, Image, image_id), {"type": "MapAnnotation", "map_value": [["n", str(seed)]]})
    return image_id


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def restored(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a site that is not there yet; on PostgreSQL with an empty database."""
    if database_url.startswith("sqlite"):
        yield Settings(data=tmp_path / "restored")
        return
    server = request.getfixturevalue("postgres_databases").server
    server.execute("DROP DATABASE IF EXISTS restored")
    server.execute("CREATE DATABASE restored")
    yield Settings(data=tmp_path / "restored", database_url=server.url("restored"))
    server.execute("DROP DATABASE restored WITH (FORCE)")


def check_originals(site: Site) -> int:
    """How many originals there are, each with the checksum its row has."""
    with system_session(site.engine, "check") as session:
        files = session.scalars(every(OriginalFile)).all()
        for file in files:
            assert hashlib.sha256((site.data / file.location).read_bytes()).hexdigest() == file.hash
        return len(files)


def test_a_backup_while_others_import_and_annotate_restores_whole(
    site: Site, source: Path, tmp_path: Path, restored: Settings
) -> None:
    before = [add_image(site, source, seed) for seed in range(3)]
    stop, done = threading.Event(), list[int]()

    def work() -> None:
        seed = 100
        while not stop.is_set():
            done.append(add_image(site, source, seed))
            seed += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        while len(done) < 2:
            stop.wait(0.01)
        committed = list(done)
        told = back_up(site.settings, tmp_path / "backups", report=no_report)
    finally:
        stop.set()
        worker.join()
    assert (told.missing, told.damaged) == ([], [])
    add_image(site, source, 999)
    back = restore_site(restored, tmp_path / "backups", report=no_report)
    assert back["files"] == told.files
    with open_site(restored) as other:
        assert check_originals(other) >= len(before) + len(committed)
        with system_session(other.engine, "what is there") as session:
            images = {image.id for image in session.scalars(every(Image))}
            pairs = {entry.value for entry in session.scalars(every(MapEntry))}
        assert images >= {*before, *committed}
        assert "999" not in pairs, "what came after the backup is not in it"
        assert {"0", "1", "2", "100"} <= pairs
        for image_id in images:
            with system_session(other.engine, "original") as session:
                assert source_of(session, other, image_id).path.is_file()


def test_a_server_starts_on_what_was_restored(site: Site, source: Path, tmp_path: Path, restored: Settings) -> None:
    image_id = add_image(site, source, 7)
    back_up(site.settings, tmp_path / "backups", report=no_report)
    restore_site(restored, tmp_path / "backups", report=no_report)
    with start_server(restored.data, database_url=restored.database_url, admin_password="correct horse") as server:
        headers = server.headers
        image = httpx.get(f"{server.url}/api/v1/images/{image_id}", headers=headers).json()
        assert image["name"] == "7.ome.tif"
        original = httpx.get(f"{server.url}/api/v1/images/{image_id}/original", headers=headers).content
    assert original == (source / "7.ome.tif").read_bytes()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Site]:
    """A site on SQLite; these tests are about files."""
    with open_site(Settings(data=tmp_path / "data")) as found:
        yield found


def test_what_did_not_change_is_not_copied_again(plain: Site, source: Path, tmp_path: Path) -> None:
    write_big_tiff(source / "big.tif", side=2100)
    (plain.data / "micrarium.toml").write_text("port = 4081\n")
    write_ome_zarr(source / "a.ome.zarr", numbered_pixels(1, 1, 1, 64, 64))
    import_files(plain, admin_actor(plain), [source])
    target = tmp_path / "backups"
    first = back_up(plain.settings, target, report=no_report)
    assert any(path.startswith("derived/") for path in read_manifest(Path(first.folder))["files"])
    assert (Path(first.folder) / FILES / "micrarium.toml").is_file()
    assert any(path.endswith("a.ome.zarr.sha256") for path in read_manifest(Path(first.folder))["files"])
    add_image(plain, source, 1)
    second = back_up(plain.settings, target, report=no_report)
    assert (second.copied_files, second.linked_bytes) == (1, first.copied_bytes)
    same = [path for path in read_manifest(Path(first.folder))["files"] if path.startswith("originals/")]
    assert all((Path(one.folder) / FILES / same[0]).stat().st_nlink == 2 for one in (first, second))
    third = back_up(plain.settings, target, report=no_report, keep=2)
    assert find_backups(target) == [Path(second.folder), Path(third.folder)]
    assert verify_backup(find_backup(target), report=no_report)[1] == []


def test_files_with_several_names_stay_one_in_a_backup_and_after_restoring(plain: Site, source: Path, tmp_path: Path) -> None:
    write_ome_tiff(source / "a.ome.tif", numbered_pixels(1, 1, 1, 40, 40))
    import_files(plain, admin_actor(plain), [source / "a.ome.tif"])
    (first,) = plain.originals.rglob("*.tif")
    admin = admin_actor(plain)
    with open_session(plain.engine, admin) as session:
        group = make_group(session, "other")
        add_member(session, group, admin.id)
        number = group.id
    import_files(plain, admin_actor(plain), [first], way="link", group_id=number)
    assert len({path.stat().st_ino for path in plain.originals.rglob("*.tif")}) == 1
    for _ in range(2):
        made = Path(back_up(plain.settings, tmp_path / "backups", report=no_report).folder)
        names = list((made / FILES).rglob("*.tif"))
        assert (len(names), len({path.stat().st_ino for path in names})) == (2, 1)
    restore_site(Settings(data=tmp_path / "restored"), tmp_path / "backups", report=no_report)
    back = list((tmp_path / "restored").rglob("*.tif"))
    assert (len(back), len({path.stat().st_ino for path in back})) == (2, 1)


def test_a_settings_file_that_names_another_database_is_told(plain: Site, tmp_path: Path) -> None:
    (plain.data / "micrarium.toml").write_text('database_url = "postgresql://old/micrarium"\n')
    back_up(plain.settings, tmp_path / "backups", report=no_report)
    assert restore_site(Settings(data=tmp_path / "restored"), tmp_path / "backups", report=no_report)["names_another_database"]


def spoil(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"!")


@pytest.mark.parametrize("what", ["original", "database", "manifest", "gone"])
def test_a_damaged_backup_is_refused_naming_the_file(plain: Site, source: Path, tmp_path: Path, what: str) -> None:
    add_image(plain, source, 1)
    made = Path(back_up(plain.settings, tmp_path / "backups", report=no_report).folder)
    (name,) = [path for path in read_manifest(made)["files"] if path.endswith(".tif")]
    path = {"database": made / "database.sqlite", "manifest": made / MANIFEST}.get(what, made / FILES / name)
    if what == "gone":
        path.unlink()
    else:
        spoil(path)
    with pytest.raises(UnreadableFile, match=path.name):
        restore_site(Settings(data=tmp_path / "restored"), made, report=no_report)
    assert [one.name for one in tmp_path.iterdir() if "restored" in one.name] == [], "nothing is left half-written"


def test_restoring_over_something_is_refused(plain: Site, tmp_path: Path) -> None:
    back_up(plain.settings, tmp_path / "backups", report=no_report)
    with pytest.raises(OutputExists, match="is not empty"):
        restore_site(plain.settings, tmp_path / "backups", report=no_report)
    empty = tmp_path / "empty"
    empty.mkdir()
    restore_site(Settings(data=empty), tmp_path / "backups", report=no_report)
    assert (empty / "micrarium.db").is_file()
    with pytest.raises(NotFound, match="no backup"):
        restore_site(Settings(data=tmp_path / "new"), tmp_path / "source", report=no_report)


def test_a_target_that_cannot_be_one_is_refused(plain: Site, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="inside one another"):
        back_up(plain.settings, plain.data / "backups", report=no_report)
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.tex").touch()
    with pytest.raises(InvalidInput, match=r"thesis\.tex"):
        back_up(plain.settings, other, report=no_report)


def test_originals_that_are_missing_or_changed_are_told_and_the_rest_is_kept(plain: Site, source: Path, tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        add_image(plain, source, seed)
    gone, changed, good = sorted(plain.originals.rglob("*.tif"))
    gone.unlink()
    spoil(changed)
    told = back_up(plain.settings, tmp_path / "backups", report=no_report)
    assert told.missing == [gone.relative_to(plain.data).as_posix()]
    assert told.damaged == [changed.relative_to(plain.data).as_posix()]
    back = restore_site(Settings(data=tmp_path / "restored"), tmp_path / "backups", report=no_report)
    assert (back["missing"], back["damaged"]) == (told.missing, told.damaged)
    assert (tmp_path / "restored" / good.relative_to(plain.data)).read_bytes() == good.read_bytes()


def test_another_kind_of_database_is_refused_with_what_to_set(plain: Site, tmp_path: Path, postgres_databases: Any) -> None:
    back_up(plain.settings, tmp_path / "backups", report=no_report)
    postgres_databases.server.execute("CREATE DATABASE other_kind")
    settings = Settings(data=tmp_path / "restored", database_url=postgres_databases.server.url("other_kind"))
    with pytest.raises(Conflict, match="unset MICRARIUM_DATABASE_URL"):
        restore_site(settings, tmp_path / "backups", report=no_report)
    assert not (tmp_path / "restored").exists()


def test_postgresqls_programs_are_asked_for_where_they_are_missing_or_old(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if site.settings.database.startswith("sqlite"):
        return
    old = tmp_path / "bin"
    old.mkdir()
    (old / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    (old / "pg_dump").chmod(0o755)
    monkeypatch.setattr("micrarium.model.dumping._DEBIAN", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(old))
    with pytest.raises(Unavailable, match="the newest here is of version 9; install postgresql-client"):
        back_up(site.settings, tmp_path / "backups", report=no_report)
    (old / "pg_dump").unlink()
    with pytest.raises(Unavailable, match="there is none here"):
        back_up(site.settings, tmp_path / "backups", report=no_report)
    assert list((tmp_path / "backups").iterdir()) == []
