"""Importing by command: dry runs, targets, OMERO's bulk files, reports and retries, for somebody else, and how it all ends."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

from micrarium.testing.files import write_ome_tiff, write_plate
from micrarium.testing.servers import TemporaryServer

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def signed_in(micrarium: Run, server: TemporaryServer) -> Run:
    """Runs commands as the administrator of a running server."""
    answer = micrarium("login", server.url, "--user", "admin", "--password-stdin", stdin=server.admin_password + "\n")
    assert answer.returncode == 0, answer.stderr
    return micrarium


@pytest.fixture
def local(micrarium: Run, tmp_path: Path) -> Run:
    """Runs commands on a data folder of the test's own."""

    def run(*arguments: str | Path, **options: Any) -> CompletedProcess[str]:
        return micrarium(*arguments, "--data", tmp_path / "data", **options)

    return run


def write_picture(path: Path) -> Path:
    """A file that no other test has imported."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_ome_tiff(path, np.random.default_rng().integers(0, 4000, (1, 2, 1, 64, 64), dtype=np.uint16))


def write_cut(path: Path) -> Path:
    """A file that a reader knows and cannot read."""
    path.write_bytes(write_picture(path).read_bytes()[:900])
    return path


def read_json(answer: CompletedProcess[str]) -> Any:
    return json.loads(answer.stdout)


def list_all(run: Run, *arguments: str) -> list[dict[str, Any]]:
    """All objects that a command lists."""
    found: list[dict[str, Any]] = read_json(run("list", *arguments, "--json", "--limit", "1000"))["items"]
    return found


def places(local: Run) -> dict[str, list[str]]:
    """The names of the images in each dataset by its name."""
    found: dict[str, list[str]] = {}
    for dataset in list_all(local, "datasets"):
        images = list_all(local, "images", "--filter", f"dataset={dataset['id']}")
        found.setdefault(dataset["name"], []).extend(sorted(image["name"] for image in images))
    return found


# --- how it ends ---------------------------------------------------------------------------------------------------------


def test_the_exit_status_tells_how_an_import_went(local: Run, tmp_path: Path) -> None:
    good, cut = write_picture(tmp_path / "a.ome.tif"), write_cut(tmp_path / "cut.ome.tif")
    notes = tmp_path / "notes.txt"
    notes.write_text("no image")
    assert local("import", good).returncode == 0
    assert local("import", good, notes).returncode == 0
    assert local("import", good, cut).returncode == 1
    assert local("import", cut).returncode == 3
    assert local("import", notes).returncode == 3
    assert local("import", tmp_path / "none.tif").returncode == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "paths"), (("x.tif", "--bulk", "b.yml"), "either"), (("x.tif", "--target", "Dataset:x"), "no number"),
        (("x.tif", "--target", "Mitosis"), "no target"), (("x.tif", "-T", "Dataset:1", "--dataset", "2"), "either"),
        (("",), "path is empty"), (("x.tif", "-T", ""), "no target"), (("x.tif", "-d", ""), "--dataset is empty"),
        (("x.tif", "--for", ""), "--for is empty"), (("x.tif", "--duplicates", "often"), "often"),
        (("x.tif", "--depth", "-1"), "depth"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_2_and_one_line(local: Run, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    answer = local("import", *arguments)
    assert (answer.returncode, told in answer.stderr, "Traceback" in answer.stderr) == (2, True, False), answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_json_has_all_that_came_of_an_import(local: Run, tmp_path: Path) -> None:
    write_picture(tmp_path / "run" / "a.ome.tif")
    write_cut(tmp_path / "run" / "cut.ome.tif")
    answer = local(
        "import", tmp_path / "run", "--json", "--name", "{stem} of {folder}", "-x", "PBS", "-T", "Project:name:P/Dataset:name:D"
    )
    told = read_json(answer)
    assert answer.returncode == 1
    assert set(told) == {"images", "plates", "skipped", "failed", "warnings", "imported", "linked", "not_reached", "job"}
    assert told["imported"][0]["images"] == told["images"]
    (image,) = list_all(local, "images")
    assert (image["name"], image["description"]) == ("a of run", "PBS")
    again = read_json(local("import", tmp_path / "run" / "a.ome.tif", "--dataset", "E", "--json"))
    assert (again["images"], again["linked"]) == ([], told["images"])
    assert places(local) == {"D": ["a of run"], "E": ["a of run"]}
    twice = read_json(local("import", tmp_path / "run" / "a.ome.tif", "--duplicates", "import", "--json"))
    assert len(twice["images"]) == 1


# --- dry runs ------------------------------------------------------------------------------------------------------------


def test_a_dry_run_foresees_files_that_are_there_already(signed_in: Run, tmp_path: Path) -> None:
    known = write_picture(tmp_path / "run" / "known.ome.tif")
    (number,) = read_json(signed_in("import", known, "--json"))["images"]
    write_picture(tmp_path / "run" / "new.ome.tif")
    write_plate(tmp_path / "run" / "plate.ome.zarr")
    write_cut(tmp_path / "run" / "cut.ome.tif")
    answer = signed_in("import", tmp_path / "run", "--dry-run", "--json", "--target", "Dataset:name:Somewhere")
    told = read_json(answer)
    assert answer.returncode == 1
    assert {Path(entry["path"]).name: entry["known"] for entry in told["filesets"]} == {
        "known.ome.tif": number, "new.ome.tif": None, "plate.ome.zarr": None,
    }  # fmt: skip
    assert [entry["reason"] for entry in told["skipped"]] == [f"already imported as image:{number}; it would only be put there"]
    assert [Path(entry["path"]).name for entry in told["failed"]] == ["cut.ome.tif"]
    new = next(image for image in told["images"] if image["path"].endswith("new.ome.tif"))
    assert (new["name"], new["reader"], new["x"], new["c"], new["into"]) == ("new.ome.tif", "ome-tiff", 64, 2, "dataset Somewhere")
    assert {image["well"] for image in told["images"] if "well" in image} >= {"A1"}
    shown = signed_in("import", tmp_path / "run", "-f", "--dataset", "Mitosis")
    assert "dataset Mitosis" in shown.stdout
    assert f"already imported as image:{number}" in shown.stderr
    assert not [one for one in list_all(signed_in, "datasets") if one["name"] == "Somewhere"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("--target", "Dataset:999999"), "dataset:999999"), (("--screen", "999999"), "screen:999999"),
        (("--for", "nobody"), "nobody"), (("--group", "nowhere", "--duplicates", "import"), "nowhere"),
    ],
)  # fmt: skip
def test_a_dry_run_ends_as_the_import_would_where_something_is_not_there(
    signed_in: Run, tmp_path: Path, said: tuple[str, ...], told: str
) -> None:
    answer = signed_in("import", write_picture(tmp_path / "a.ome.tif"), "--dry-run", *said)
    assert (answer.returncode, told in answer.stderr) == (4, True), answer.stderr


def test_a_dry_run_foresees_what_cannot_be_sent(signed_in: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run1"
    write_picture(folder / "fine.ome.tif")
    write_picture(folder / "\x1b[31mred.ome.tif")
    (folder / "gone.tif").symlink_to("nowhere.tif")
    for tried in (("--dry-run",), ()):
        answer = signed_in("import", folder, *tried)
        assert (answer.returncode, "1 image " in answer.stdout) == (1, True), answer.stderr
        assert "rename it" in answer.stderr
        assert "gone.tif" in answer.stderr
        assert "\\x1b[31mred" in answer.stderr
        assert "\x1b" not in answer.stderr
    (folder / "fine.ome.tif").unlink()
    answer = signed_in("import", folder)
    assert (answer.returncode, "jobs report" in answer.stdout) == (3, False), answer.stderr


def test_the_servers_own_files_are_previewed_by_it(signed_in: Run, tmp_path: Path) -> None:
    write_picture(tmp_path / "run" / "a.ome.tif")
    told = read_json(signed_in("import", tmp_path / "run", "--in-place", "--dry-run", "--json"))
    assert [(Path(image["path"]).name, image["x"]) for image in told["images"]] == [("a.ome.tif", 64)]


def test_depth_is_counted_from_the_folders_named(signed_in: Run, micrarium: Run, tmp_path: Path) -> None:
    for name in ("run/a.ome.tif", "run/one/b.ome.tif", "run/one/two/c.ome.tif"):
        write_picture(tmp_path / name)
    dry = read_json(signed_in("import", tmp_path / "run", "--depth", "1", "--dry-run", "--json"))
    sent = read_json(signed_in("import", tmp_path / "run", "--depth", "1", "--json"))
    kept = read_json(micrarium("import", tmp_path / "run", "--depth", "1", "--json", "--data", tmp_path / "data"))
    for paths in (
        [image["path"] for image in dry["images"]],
        *([one["path"] for one in told["imported"]] for told in (sent, kept)),
    ):
        assert sorted(Path(path).name for path in paths) == ["a.ome.tif", "b.ome.tif"]


# --- bulk files ----------------------------------------------------------------------------------------------------------


def copy_bulk(samples: Path, tmp_path: Path, name: str, old: str) -> tuple[Path, dict[str, set[Path]]]:
    """OMERO's own bulk file as it is, its list of paths below a folder of the test, and files where the list says, by target."""
    source = samples / "files" / "metadata" / name
    folder = tmp_path / "bulk"
    shutil.copytree(source, folder)
    folder.chmod(0o755)
    (bulk,) = folder.glob("*bulk.yml")
    found: dict[str, set[Path]] = {}
    for table in (*folder.glob("*paths.csv"), *folder.glob("*filePaths.tsv")):
        table.chmod(0o644)
        table.write_text(table.read_text().replace(old, f"{tmp_path}{old}"))
        with table.open(newline="") as file:
            for number, (target, path) in enumerate(csv.reader(file, delimiter="\t" if table.suffix == ".tsv" else ",")):
                found.setdefault(target.split(":", 2)[2], set()).add(write_picture(Path(path) / f"cell{number}.ome.tif"))
    return bulk, found


@pytest.mark.parametrize(("name", "old"), [("omero-guide", "/OMERO/"), ("idr0021", "/uod/")])
def test_omeros_bulk_files_run_unchanged(local: Run, samples: Path, tmp_path: Path, name: str, old: str) -> None:
    bulk, wanted = copy_bulk(samples, tmp_path, name, old)
    dry = local("import", "--bulk", bulk, "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    assert len(read_json(dry)["images"]) == sum(map(len, wanted.values()))
    answer = local("import", "--bulk", bulk, "--json")
    assert answer.returncode == 0, answer.stderr
    assert "checksum_algorithm is ignored" in answer.stderr
    assert len(read_json(answer)["images"]) == sum(map(len, wanted.values()))
    assert places(local) == {target: sorted(path.name for path in paths) for target, paths in wanted.items()}
    assert not list((tmp_path / "data" / "originals").rglob("*.tif")), "ln_s leaves files in place"
    again = read_json(local("import", "--bulk", bulk, "--json"))
    assert (again["images"], {entry["kind"] for entry in again["skipped"]}) == ([], {"known"})


def write_bulk(folder: Path, text: str, **tables: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in tables.items():
        (folder / name.replace("_", ".")).write_text(content)
    (folder / "bulk.yml").write_text(text)
    return folder / "bulk.yml"


def test_a_bulk_file_names_each_file_and_sends_it(signed_in: Run, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    for name in ("one.ome.tif", "sub/two.ome.tif"):
        write_picture(folder / name)
    (folder / "site.yml").write_text("checksum_algorithm: File-Size-64\ntarget: Dataset:name:Bulk of all\nname: overridden\n")
    table = 'first image,,one.ome.tif\n"second, of two",Dataset:name:Bulk two,sub/two.ome.tif\n\n'
    bulk = write_bulk(folder, "include: site.yml\nname: for all\npath: files.csv\ncolumns: [name, target, path]\n", files_csv=table)
    answer = signed_in("import", "--bulk", bulk, "--json")
    assert answer.returncode == 0, answer.stderr
    told = read_json(answer)
    names = [read_json(signed_in("show", f"image:{number}", "--json"))["name"] for number in told["images"]]
    assert names == ["first image", "second, of two"]
    datasets = {one["name"] for one in list_all(signed_in, "datasets")}
    assert datasets >= {"Bulk of all", "Bulk two"}


def test_lists_without_columns_and_with_other_separators_are_read(local: Run, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    write_picture(folder / "with blank.ome.tif")
    write_picture(folder / "b.ome.tif")
    lines = write_bulk(folder, "path: files.txt\ncontinue: true\n", files_txt="with blank.ome.tif\n  b.ome.tif  \n")
    assert len(read_json(local("import", "--bulk", lines, "--json"))["images"]) == 2
    words = write_bulk(folder, "path: files.txt\ncolumns: [path, name]\n", files_txt="'with blank.ome.tif' \"a name\"\n")
    assert len(read_json(local("import", "--bulk", words, "--duplicates", "import", "--json"))["images"]) == 1
    listed = write_bulk(folder, "path: [b.ome.tif]\nd: 999\n")
    refused = local("import", "--bulk", listed)
    assert (refused.returncode, "dataset:999" in refused.stderr) == (4, True)


def test_a_bulk_file_stops_at_a_failure_unless_it_is_to_continue(local: Run, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    folder.mkdir()
    write_cut(folder / "cut.ome.tif")
    write_picture(folder / "good.ome.tif")
    table = {"files_txt": "cut.ome.tif\ngood.ome.tif\n"}
    stopped = local("import", "--bulk", write_bulk(folder, "path: files.txt\n", **table), "--json")
    told = read_json(stopped)
    assert (stopped.returncode, told["images"], [Path(one["path"]).name for one in told["not_reached"]]) == (
        3,
        [],
        ["good.ome.tif"],
    )
    went_on = local("import", "--bulk", write_bulk(folder, 'path: files.txt\ncontinue: "true"\n', **table), "--json")
    assert (went_on.returncode, len(read_json(went_on)["images"])) == (1, 1)
    table["files_txt"] += "gone.ome.tif\n"
    stopped = local("import", "--bulk", write_bulk(folder, "path: files.txt\n", **table))
    assert (stopped.returncode, "There is no" in stopped.stderr) == (3, True)
    for tried in ((), ("--dry-run",)):
        went_on = local("import", "--bulk", write_bulk(folder, "path: files.txt\ncontinue: true\n", **table), "--json", *tried)
        assert went_on.returncode == 1
        assert {Path(one["path"]).name for one in read_json(went_on)["failed"]} == {"cut.ome.tif", "gone.ome.tif"}


def test_a_bulk_file_is_tried_or_written_as_scripts(local: Run, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    write_picture(folder / "a b.ome.tif")
    table = {"files_tsv": "Dataset:name:It's\ta b.ome.tif\n"}
    said = "path: files.tsv\ncolumns: [target, path]\ntransfer: ln_s\ndry_run: "
    tried = local("import", "--bulk", write_bulk(folder, f"{said}true\n", **table))
    assert (tried.returncode, "1 image would be imported" in tried.stdout) == (0, True)
    pattern = tmp_path / "run_%s.sh"
    written = local("import", "--bulk", write_bulk(folder, f"{said}'{pattern}'\n", **table))
    assert (written.returncode, written.stdout.split()) == (0, [str(tmp_path / "run_1.sh")])
    script = (tmp_path / "run_1.sh").read_text()
    assert script.startswith("micrarium import --in-place --stop-on-failure '--target=Dataset:name:It'\"'\"'s' -- ")
    assert local("import", "--bulk", folder / "bulk.yml").returncode == 5
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("path: files.txt\nchecksum: x\n", "'checksum' is no key"), ("target: Dataset:1\n", "lacks the key path"),
        ("path: none.txt\n", "none.txt cannot be read"), ("path: files.txt\ncolumns: [target]\n", "path among them"),
        ("path: files.txt\ncolumns: [path, colour]\n", "'colour'"), ("path: files.txt\nexclude: filename\n", "clientpath"),
        ("path: files.csv\ncolumns: [path, name]\n", "line 2: there are 1 fields"), ("path: files.txt\ntransfer: ln_rm\n", "ln_rm"),
        ("- a\n- b\n", "no bulk file"), ("path: [a\n", "no YAML"), ("include: bulk.yml\npath: files.txt\n", "include each other"),
        ("path: files.txt\ndepth: deep\n", "depth"),
        ("path: files.txt\nannotation_ns: x\n", "'annotation_ns'"), ("path: files.txt\ntarget: Dataset:x\n", "no number"),
        ("path: /dev/zero\n", "/dev/zero cannot be read: it is no file"),
        ("path: []\n", "names no files"), ("path: !!python/object/apply:os.system [ls]\n", "no YAML"),
        ("path: files.csv\ncolumns: [path, name]\nd: 1\nT: Dataset:2\n", "said twice"),
    ],
)  # fmt: skip
def test_what_a_bulk_file_cannot_ask_for_is_refused_by_name(local: Run, tmp_path: Path, text: str, told: str) -> None:
    bulk = write_bulk(tmp_path / "b", text, files_txt="a.tif\n", files_csv="a.tif,x\nb.tif\n")
    answer = local("import", "--bulk", bulk)
    assert (answer.returncode in (2, 3), told in answer.stderr, "Traceback" in answer.stderr) == (True, True, False), answer.stderr
    assert not (tmp_path / "data").exists()


# --- reports and retries -------------------------------------------------------------------------------------------------


def test_a_report_is_shown_saved_and_what_failed_is_tried_again(signed_in: Run, tmp_path: Path) -> None:
    write_picture(tmp_path / "run" / "a.ome.tif")
    cut = write_cut(tmp_path / "run" / "cut.ome.tif")
    told = read_json(signed_in("import", tmp_path / "run", "--in-place", "--json"))
    shown = signed_in("jobs", "report", f"job:{told['job']}")
    assert (shown.returncode, "cut.ome.tif" in shown.stdout, "1 failed" in shown.stderr) == (0, True, True)
    table = tmp_path / "report.csv"
    assert signed_in("jobs", "report", str(told["job"]), "--out", table).returncode == 0
    with table.open(newline="") as file:
        assert {row["outcome"]: Path(row["path"]).name for row in csv.DictReader(file)} == {
            "imported": "a.ome.tif",
            "failed": "cut.ome.tif",
        }
    assert signed_in("jobs", "report", str(told["job"]), "--out", table).returncode == 5
    assert signed_in("jobs", "retry", str(told["job"])).returncode == 3
    write_picture(cut)
    again = signed_in("jobs", "retry", str(told["job"]), "--json")
    assert (again.returncode, len(read_json(again)["images"])) == (0, 1)
    assert signed_in("jobs", "retry", str(read_json(again)["job"])).returncode == 5
    listed = read_json(signed_in("jobs", "list", "--json"))
    assert listed[0]["result"]["totals"]["images"] == 1
    assert "1 images" in signed_in("jobs", "list").stdout
    for wrong, status in (("x", 2), ("987654", 4)):
        assert signed_in("jobs", "report", wrong).returncode == status
    assert signed_in("jobs", "cancel", str(told["job"])).returncode == 5


def test_an_import_for_somebody_else_is_theirs(local: Run, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.ome.tif")
    assert local("import", path).returncode == 0
    for command in (("group", "add", "lab"), ("user", "add", "alice", "--group", "lab", "--password-stdin")):
        assert local(*command, stdin="a long password\n").returncode == 0
    answer = local("import", path, "--for", "alice", "--group", "lab", "--dataset", "Hers", "--json")
    assert answer.returncode == 0, answer.stderr
    (number,) = read_json(answer)["images"]
    alice = next(one for one in list_all(local, "experimenters") if one["ome_name"] == "alice")
    image = read_json(local("show", f"image:{number}", "--json"))
    assert image["owner_id"] == alice["id"]
    assert (
        'sudo_experimenter_id": 1' in local("history", f"image:{number}", "--json").stdout
        or "admin" in local("history", f"image:{number}", "--json").stdout
    )
    stranger = local("import", path, "--for", "alice", "--group", "default")
    assert "alice is not a member of experimenter_group:1" in stranger.stderr
    nobody = local("import", path, "--for", "nobody")
    assert (nobody.returncode, "nobody" in nobody.stderr) == (4, True)
