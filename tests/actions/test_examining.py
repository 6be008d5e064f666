"""The doctor finds what is wrong, says what to do, and finds nothing where nothing is."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from micrarium.actions.auditing import Finding
from micrarium.actions.examining import examine_site
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site, admin_actor, open_site
from micrarium.model.database import open_engine
from micrarium.settings import Settings
from micrarium.testing.files import numbered_pixels, write_big_tiff, write_ome_tiff, write_ome_zarr
from micrarium.testing.servers import find_free_port


def faults(findings: list[Finding]) -> dict[str, str]:
    """What is wrong by the check that found it; each says what to do."""
    wrong = [one for one in findings if one.state != "ok"]
    assert all(one.advice for one in wrong)
    return {one.check: one.told for one in wrong}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a pyramid, a file in place and a folder that is one original."""
    folder = tmp_path_factory.mktemp("doctor")
    write_big_tiff(folder / "big.tif", side=2100)
    write_ome_tiff(folder / "stays.ome.tif", numbered_pixels(1, 1, 1, 40, 40, seed=1))
    with open_site(Settings(data=folder / "data", port=find_free_port())) as site:
        actor = admin_actor(site)
        import_files(site, actor, [folder / "big.tif", write_ome_zarr(folder / "a.ome.zarr", numbered_pixels(1, 1, 1, 64, 64))])
        import_files(site, actor, [folder / "stays.ome.tif"], way="stay")
        yield site


def test_nothing_is_wrong_with_a_good_site_whether_a_server_uses_it_or_not(kept: Site) -> None:
    found = examine_site(kept.settings, is_thorough=True)
    assert faults(found) == {}
    assert {one.check for one in found} == {
        "settings", "packages", "readers", "data folder", "space", "port", "migrations", "database", "references", "indexes",
        "bioformats", "clock", "originals", "checksums", "pyramids", "orphans",
    }  # fmt: skip
    assert any(one.told.startswith("A server works on this data folder") for one in found)


def test_files_that_are_missing_changed_or_unknown_are_named(kept: Site, tmp_path: Path) -> None:
    (original,) = (path for path in kept.originals.rglob("*.tif") if path.is_file())
    good = original.read_bytes()
    original.chmod(0o644)
    original.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    found = faults(examine_site(kept.settings))
    assert original.name in found["checksums"]
    original.write_bytes(good + b"x")
    assert f"has {len(good) + 1} bytes" in faults(examine_site(kept.settings))["checksums"]
    original.unlink()
    assert original.name in faults(examine_site(kept.settings))["originals"]
    original.write_bytes(good)
    (pyramid,) = kept.derived.glob("*/*")
    pyramid.rename(tmp_path / "away")
    orphan = kept.originals / "nobody_1" / "2020-01" / "abc"
    orphan.mkdir(parents=True)
    (orphan / "x.tif").touch()
    assert "orphans" not in faults(examine_site(kept.settings)), "it may belong to an import that is under way"
    os.utime(orphan, (time.time() - 7200, time.time() - 7200))
    stays = kept.data.parent / "stays.ome.tif"
    stays.rename(tmp_path / "stays")
    found = faults(examine_site(kept.settings))
    assert pyramid.name in found["pyramids"]
    assert "originals/nobody_1/2020-01/abc belongs to nothing" in found["orphans"]
    assert "stays.ome.tif" in found["originals in place"]
    (tmp_path / "away").rename(pyramid)
    (tmp_path / "stays").rename(stays)
    (orphan / "x.tif").unlink()
    orphan.rmdir()
    assert faults(examine_site(kept.settings)) == {}


def test_a_file_in_a_folder_that_is_one_original_is_read_when_thorough(kept: Site) -> None:
    chunk = max((path for path in kept.originals.rglob("a.ome.zarr/**/*") if path.is_file()), key=lambda path: path.stat().st_size)
    good = chunk.read_bytes()
    chunk.chmod(0o644)
    chunk.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert chunk.name in faults(examine_site(kept.settings, is_thorough=True))["checksums"]
    chunk.unlink()
    assert "files and should have" in faults(examine_site(kept.settings))["checksums"]
    chunk.write_bytes(good)
    assert faults(examine_site(kept.settings, is_thorough=True)) == {}


def test_rows_that_refer_to_nothing_and_missing_indexes_are_found(site: Site) -> None:
    changes = ("UPDATE experimenter SET default_group_id = 987654", "DROP INDEX ix_image_group_id_name")
    if site.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(make_url(site.settings.database).database))) as database:
            for change in changes:  # without PRAGMA foreign_keys nothing is checked
                database.execute(change)
            database.commit()
    else:
        with site.engine.begin() as connection:
            for change in ("SET session_replication_role = replica", *changes):
                connection.execute(text(change))
    found = faults(examine_site(site.settings))
    assert "experimenter" in found["references"]
    assert "ix_image_group_id_name" in found["indexes"]


def test_a_directory_or_a_provider_that_does_not_answer_is_told(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", ldap_url="ldap://127.0.0.1:1", oidc_issuer="http://127.0.0.1:1")
    found = faults(examine_site(settings))
    assert "cannot be asked" in found["directory"]
    assert "does not answer" in found["provider"]


def test_a_provider_that_calls_itself_otherwise_is_told(tmp_path: Path) -> None:
    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            told = dict.fromkeys(names, f"{base}/keys") | {"issuer": issuer, "keys": [{"kty": "RSA"}]}
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        issuer = base = f"http://127.0.0.1:{server.server_port}"
        settings = Settings(data=tmp_path / "data", oidc_issuer=base)
        assert "provider" not in faults(examine_site(settings))
        issuer = "https://another.example.org"
        assert "does not describe itself" in faults(examine_site(settings))["provider"]
        server.shutdown()


def test_a_damaged_old_or_absent_database_is_told(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=find_free_port())
    assert "There is no data folder" in faults(examine_site(settings))["data folder"]
    with open_site(settings):
        pass
    database = settings.data / "micrarium.db"
    with open_engine(settings.database).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    assert "micrarium upgrade" in faults(examine_site(settings))["migrations"]
    whole = database.read_bytes()
    database.write_bytes(b"x" * 8192)
    assert "cannot be used" in faults(examine_site(settings))["database"]
    database.unlink()
    for rest in settings.data.glob("micrarium.db-*"):
        rest.unlink()
    assert "There is no database" in faults(examine_site(settings))["database"]
    assert not database.exists(), "looking must not make one"
    assert whole


def test_settings_the_folder_and_the_port_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(data=tmp_path / "data", port=taken.getsockname()[1], min_free_mb=10**9)
        with open_site(settings):
            pass
        settings.data.chmod(0o755)
        monkeypatch.setenv("MICRARIUM_PROT", "4080")
        found = faults(examine_site(settings))
    assert "MICRARIUM_PROT is no setting" in found["settings"]
    assert "Other users" in found["data folder"]
    assert "are free" in found["space"]
    assert "Something else answers on port" in found["port"]
