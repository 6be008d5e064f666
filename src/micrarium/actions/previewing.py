"""Previewing imports: what would become which image, where it would go, and what would be passed over, with nothing written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from micrarium.actions.accounting import check_quota
from micrarium.actions.choosing import Item, Terms, folder_of, shown_path, taken_files
from micrarium.actions.deduplicating import find_known, find_sizes, foresee_known
from micrarium.actions.filing import Choice, Filing, Named, acting_group_of, find_named, name_of
from micrarium.actions.importing import Progress, trying_files
from micrarium.actions.importing_from_roots import items_below
from micrarium.actions.naming import name_image
from micrarium.actions.noting import ImportResult, kind_of
from micrarium.actions.opening import Site
from micrarium.actions.requesting_imports import ImportWish, importing_as, read_wish, request_import
from micrarium.actions.targeting import Matching
from micrarium.actions.walking import Place, examine_below
from micrarium.errors import Conflict, MicrariumError
from micrarium.jobs import Work, job
from micrarium.model import Dataset, Job, Project, Screen
from micrarium.permissions import Actor, ActorSession, get_visible, open_session

if TYPE_CHECKING:
    from micrarium.formats import FoundFileset
    from micrarium.formats.trying import Trial

#: How many filesets, and images of all of them, are told one by one; all are counted.
MOST_FILESETS = 5000
MOST_IMAGES = 20_000


@dataclass
class _Preview:
    """What holds for all filesets of one preview, and what it has come to."""

    site: Site
    actor: Actor
    terms: Terms
    root: Path | None
    trial: Trial
    matching: Matching
    place: Place | None = None
    noted: ImportResult = field(default_factory=ImportResult)
    filesets: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("filesets", "images", "plates", "files", "bytes", "known"), 0)
    )
    places: dict[tuple[Filing, bool], list[dict[str, Any]]] = field(default_factory=dict)
    seen_known: set[int] = field(default_factory=set)


def request_preview(session: ActorSession, site: Site, wish: ImportWish) -> Job:
    """A job that says what an import would do; its result is what ``preview_items`` gives back."""
    return request_import(session, site, wish, kind="preview")


@job("preview")
def run_preview(site: Site, work: Work) -> dict[str, Any]:
    """Previews what ``request_preview`` noted."""
    wish = read_wish(work.arguments)
    root = wish.root(site)
    if root is not None and not root.is_dir():
        raise Conflict(f"upload:{wish.upload_id} was imported or removed already", field="upload_id")
    actor = importing_as(site, work.actor, wish.owner)
    with open_session(site.engine, actor, is_reading=True) as session:
        actor = acting_group_of(session, {item.target.filing for item in wish.items_in(site)}, wish.group_id)
    items, place = wish.items_in(site), None
    if wish.is_below_root:
        items, place = items_below(site, actor, items)
        root = place.base
    told = preview_items(site, actor, items, terms=wish.terms, root=root, progress=work.report, place=place)
    if not wish.is_in_place:
        told["warnings"] += _warn_of_quota(site, actor, told["counts"]["bytes"])
    return told


def preview_items(
    site: Site,
    actor: Actor,
    items: Sequence[Item],
    *,
    terms: Terms,
    root: Path | None,
    progress: Progress,
    place: Place | None = None,
) -> dict[str, Any]:
    """What importing items would do, as JSON holds it: ``filesets``, ``skipped``, ``failed``, ``warnings`` and ``counts``.

    A fileset has the images in it, where they would go (``into``), and ``known``, the image that the same files are there
    as already. Below ``root`` paths are relative to it.
    """
    from micrarium.formats.previewing import preview_filesets

    with trying_files(site, progress) as (trial, report):
        examine: Callable[[Path], FoundFileset | None] = partial(trial.examine, is_grouping=terms.is_grouping, reader=terms.reader)
        if place is not None:
            examine = partial(examine_below, place, examine)
        preview = _Preview(site, actor, terms, root, trial, Matching(trial), place)
        report(0.0, "Looking for images")
        for number, item in enumerate(items):

            def skip(path: Path, reason: str, number: int = number) -> None:
                if root is not None or not path.is_relative_to(site.data):
                    preview.noted.skip_unopened(shown_path(path, root), reason, item=number)

            for found, told in preview_filesets(item.paths, trial, depth=terms.depth, skip=skip, examine=examine):
                if root is None and found.path.is_relative_to(site.data):
                    continue
                _add(preview, found, told, item, number)
                report(0.0, f"Looking for images: {len(preview.filesets)} found")
    noted, counts = preview.noted, preview.counts
    counts |= {"skipped": len(noted.skipped), "failed": len(noted.failed)}
    told = {"filesets": preview.filesets, "skipped": noted.skipped, "failed": noted.failed, "warnings": noted.warnings}
    return told | {"counts": counts, "group_id": actor.group_id, "owner_id": actor.id}


def _add(preview: _Preview, found: FoundFileset, told: dict[str, Any], item: Item, number: int) -> None:
    """Add what would become of one fileset."""
    from micrarium.formats.previewing import is_known_format

    noted, shown = preview.noted, shown_path(found.path, preview.root)
    if preview.place is not None and not preview.place.holds(found.path):
        noted.skip(shown, found.problem, kind="passed", item=number)
        return
    if shown in preview.terms.exclude:
        noted.skip(shown, "left out by choice", kind="excluded", item=number)
        return
    if found.problem:
        problem = found.problem if preview.root is None else found.problem.replace(f"{preview.root}/", "")
        if is_known_format(found.path, is_grouping=preview.terms.is_grouping):
            noted.fail(shown, problem, kind="damaged", item=number)
        else:
            noted.skip(shown, problem, kind="unknown", item=number)
        return
    try:
        folder = folder_of(found)
        if preview.root is not None:
            folder = Path(preview.terms.client_base) / folder.relative_to(preview.root)
        filing = replace(preview.matching.find_filing(item.target, folder), default_dataset="Imported (today)")
        known = None if preview.terms.duplicates == "import" else foresee_known(preview.site, preview.actor, taken_files(found))
        into = _places(preview, filing, is_plate=bool(told["plates"]))
    except MicrariumError as error:
        noted.fail(shown, error.detail, kind=kind_of(error), item=number)
        return
    entry = told | {"path": shown, "item": number, "into": into, "known": None if known is None else known.image_id}
    _rename(entry, item, found)
    if told["plates"] and filing.screen is None and filing.dataset is not None:
        entry["warnings"] = [*told["warnings"], "A plate goes into a screen, not into a dataset; it would be in none"]
    _count(preview, entry)


def _count(preview: _Preview, entry: dict[str, Any]) -> None:
    counts = preview.counts
    preview.noted.warnings += [{"path": entry["path"], "reason": warning} for warning in entry["warnings"]]
    if entry["known"] is not None:
        counts["known"] += 1
        is_linking = preview.terms.duplicates == "link" and entry["into"]
        reason = f"already imported as image:{entry['known']}" + ("; it would only be put there" if is_linking else "")
        preview.noted.skip(entry["path"], reason, kind="known", item=entry["item"], image=entry["known"])
    else:
        amounts = {"filesets": 1, "images": entry["image_count"], "plates": len(entry["plates"])}
        for name, amount in (amounts | {"files": entry["files"], "bytes": entry["bytes"]}).items():
            counts[name] += amount
    if len(preview.filesets) < MOST_FILESETS:
        if counts["images"] > MOST_IMAGES:
            entry["images"] = []
        preview.filesets.append(entry)


def _rename(entry: dict[str, Any], item: Item, found: FoundFileset) -> None:
    """Give images the names that they would have."""
    for image in entry["images"]:
        wanted = None if "well" in image else item.name
        names = {"count": entry["image_count"], "number": image["image"]}
        image["name"] = name_image(wanted, found.path, image["name"], **names)


def _places(preview: _Preview, filing: Filing, *, is_plate: bool) -> list[dict[str, Any]]:
    """The containers that images or plates would go into, outermost first; ``id`` is None where one would be made."""
    if (filing, is_plate) not in preview.places:
        with open_session(preview.site.engine, preview.actor, is_reading=True) as session:
            dataset: Choice = filing.dataset
            if dataset is None and filing.project is not None:
                dataset = filing.default_dataset
            wanted: list[tuple[type[Any], Choice]] = [(Project, filing.project), (Dataset, dataset)]
            chosen = [(Screen, filing.screen)] if is_plate else wanted
            found = [_place(session, kind, choice) for kind, choice in chosen if choice is not None]
        preview.places[filing, is_plate] = found
    return preview.places[filing, is_plate]


def _place(session: ActorSession, kind: type[Any], choice: int | str | Named) -> dict[str, Any]:
    if isinstance(choice, int):
        return {"kind": kind.singular(), "id": choice, "name": get_visible(session, kind, choice).name}
    there = find_named(session, kind, choice)
    return {"kind": kind.singular(), "id": None if there is None else there.id, "name": name_of(choice)}


def _warn_of_quota(site: Site, actor: Actor, size_bytes: int) -> list[dict[str, str]]:
    try:
        check_quota(site.engine, actor, lambda: size_bytes, group_ids=() if actor.group_id is None else (actor.group_id,))
    except MicrariumError as error:
        return [{"path": "", "reason": error.detail}]
    return []


def tell_known(
    session: ActorSession,
    site: Site,
    *,
    sizes: Sequence[int],
    filesets: Sequence[Sequence[str]],
    group_id: int | None,
    owner: int | str | None,
) -> dict[str, Any]:
    """Which of some sizes an original has, and as which image each fileset of these SHA-256 is there, or None.

    For who looks at files on another computer: sizes are asked first, so that few checksums are computed.
    """
    assert session.actor is not None
    actor = importing_as(site, session.actor, owner)
    with open_session(site.engine, actor, is_reading=True) as theirs:
        actor = acting_group_of(theirs, (), group_id)
    with open_session(site.engine, actor, is_reading=True) as theirs:
        known = [find_known(theirs, checksums) for checksums in filesets]
        return {"sizes": sorted(find_sizes(theirs, sizes)), "known": [one and one.image_id for one in known]}
