"""Names and paths of one system become such as any system takes."""

from __future__ import annotations

import pytest

from micrarium.exchange.file_names import TakenNames, common_folder, safe_name, safe_path


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("cells.ome.tif", "cells.ome.tif"),
        ("Größe µm.czi", "Größe µm.czi"),
        ('a:b*c?"d".tif', "a_b_c__d_.tif"),
        ("con.tif", "_con.tif"),
        ("ends. ", "ends"),
        ("...", "_"),
        ("a\nb.tif", "a_b.tif"),
        ("half \ud800 a letter", "half _ a letter"),
        ("x" * 300 + ".tif", "x" * 196 + ".tif"),
    ],
)
def test_a_name_is_one_that_every_system_takes(given: str, safe: str) -> None:
    assert safe_name(given) == safe


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("run 1/a.tif", "run 1/a.tif"),
        ("../../etc/passwd", "etc/passwd"),
        ("/data//run/./a.tif", "data/run/a.tif"),
        ("C:\\Users\\ada\\a.tif", "Users/ada/a.tif"),
        ("", "_"),
    ],
)
def test_a_path_leads_only_down(given: str, safe: str) -> None:
    assert safe_path(given) == safe


def test_the_folder_that_files_share_is_found() -> None:
    assert common_folder(["/data/run1/a.tif", "/data/run2/b.tif"]) == "/data/"
    assert common_folder(["/data/run1/a.tif"]) == "/data/run1/"
    assert common_folder(["/data/run1/a.tif", "/data/run10/a.tif"]) == "/data/"
    assert common_folder([]) == ""


def test_what_has_the_same_name_is_told_apart() -> None:
    taken = TakenNames()
    assert taken.place(["run/a.ome.tif"]) == ["run/a.ome.tif"]
    assert taken.place(["run/b.ome.tif"]) == ["run/b.ome.tif"]
    assert taken.place(["run/A.ome.tif"]) == ["run (2)/A.ome.tif"]
    assert taken.place(["a.ome.tif"]) == ["a.ome.tif"]
    assert taken.place(["a.ome.tif"]) == ["a (2).ome.tif"]
    assert taken.place(["A.OME.tif"]) == ["A (3).OME.tif"]
    # Files that may name one another stay together under their own names.
    assert taken.place(["s.dv", "s.log"]) == ["s.dv", "s.log"]
    assert taken.place(["s.dv", "s.log"]) == ["s (2)/s.dv", "s (2)/s.log"]
    # A file is no folder, and a fileset may hold two files of one name.
    assert taken.place(["run"]) == ["run (3)"]
    assert taken.place(["x.tif", "x.tif"]) == ["x.tif", "x (2).tif"]
