"""Importing what settled in a watched folder, as the person whose folder it is in: one folder is a dataset, two a project too."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from micrarium.actions.choosing import Item
from micrarium.actions.importing import Progress, import_items
from micrarium.actions.naming_roots import find_root
from micrarium.actions.noting import ImportResult, take_up
from micrarium.actions.opening import Site
from micrarium.actions.storing import Way
from micrarium.actions.targeting import Target
from micrarium.actions.walking import Place, examine_below, place_of
from micrarium.actions.watching import KIND, note_imported
from micrarium.errors import Conflict
from micrarium.jobs import Work, job

_Target = tuple[str | None, str | None]
REPLACED = "It was replaced after it was imported, and is not imported again; give the new file another name, and it is"


@job(KIND)
def run_watched(site: Site, work: Work) -> dict[str, Any]:
    """Imports what ``watching`` noted, and keeps what came of it, so that nothing is imported twice."""
    noted = work.arguments
    paths: list[str] = noted["paths"]
    root = find_root(site, work.actor, noted["root_id"])
    if not root.is_watched:
        raise Conflict(f"{root.name} is watched no longer")
    place = place_of(site, root)
    way: Way = "stay" if root.ways[0] == "in-place" else "copy"
    targets = _find_targets(site, place, paths, work.report)
    items = [Item(tuple(found), Target(project, dataset, dataset)) for (project, dataset), found in targets.items()]
    options: dict[str, Any] = {"place": place, "client_root": place.base, "group_id": work.actor.group_id, "way": way}
    options |= {"begun": take_up(work.kept), "keep": lambda kept: work.keep(kept.to_json()), "progress": work.report}
    result = import_items(site, work.actor, items, **options) if items else take_up(work.kept) or ImportResult()
    failed = {entry["path"] for entry in result.failed}
    note_imported(site, root.id, paths, failed)
    for path in noted["replaced"]:
        result.skip(path, REPLACED, kind="known")
    return result.to_json()


def _find_targets(site: Site, place: Place, paths: list[str], report: Progress) -> dict[_Target, list[Path]]:
    """The filesets among new files, each by its first file, under the project and dataset that its folders name."""
    from micrarium.formats import find_filesets
    from micrarium.formats.trying import trying

    # What lies higher may claim what lies deeper, as the index of a plate does its images.
    new = [
        place.base / path for path in sorted(paths, key=lambda path: (path.count("/"), not path.endswith(".companion.ome"), path))
    ]
    memory_mb, timeout_s = site.settings.opening_memory_mb, site.settings.opening_timeout_s
    targets: dict[_Target, list[Path]] = {}
    report(0.0, "Looking for images")
    with trying(memory_mb=memory_mb, timeout_s=timeout_s, beat=lambda: report(0.0, "Looking for images")) as trial:
        for fileset in find_filesets(new, examine=partial(examine_below, place, trial.examine)):
            targets.setdefault(target_of(place, fileset.path), []).append(fileset.path)
    return targets


def target_of(place: Place, path: Path) -> _Target:
    """The names of the project and dataset that what lies at a path goes into: of the folders between it and its person's."""
    folders = path.relative_to(place.base).parts[1:-1]
    if not folders:
        return None, None
    return (None, folders[0]) if len(folders) == 1 else (folders[0], folders[1])


def _part_of(report: Progress, number: int, count: int) -> Progress:
    return lambda part, doing: report((number + part) / count, doing)
