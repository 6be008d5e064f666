"""Saving OME-Zarr 0.4 again as 0.5: sharded, checked chunk by chunk, with an RO-Crate beside the pixels."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from micrarium.errors import UnreadableFile, UsageError
from micrarium.exchange.descriptions import CrateDescription
from micrarium.exchange.ngff_upgrade import ArrayMove, UpgradePlan, plan_upgrade
from micrarium.exchange.ro_crate import write_crate
from micrarium.exchange.shards import ShardPlan, array_document, move_shard, plan_shards
from micrarium.exchange.zarr_arrays import open_array
from micrarium.exchange.zarr_trees import LocalTree
from micrarium.pixels.staging import check_apart, staged_folder
from micrarium.pixels.stored import open_store
from micrarium.pixels.writing import Progress, write_metadata

_THREADS = 2
#: Shards under way at once; each is small, so that memory stays bounded.
_WAITING = 4


@dataclass(frozen=True, slots=True)
class ResaveReport:
    """What was done: how many arrays there are, in how many of them chunks were moved as they were, and chunks moved."""

    arrays: int
    moved_arrays: int
    moved_chunks: int
    has_crate: bool


def resave(
    source: Path | str,
    out: Path | str,
    *,
    licence: str | None = None,
    skip_crate: bool = False,
    organism: str | None = None,
    modality: str | None = None,
    name: str | None = None,
    description: str | None = None,
    overwrite: bool = False,
    chunks: Sequence[int] | None = None,
    shards: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> ResaveReport:
    """Saves OME-Zarr 0.4 (image with labels, plate, bioformats2raw collection) as 0.5 at ``out``, all of it or nothing.

    Encoded chunks go into shards as they are where their codec may stay, each decoded once to prove that it is whole;
    others are encoded anew. The crate names ``licence`` (a name such as ``CC-BY`` or an address), which is required
    unless ``skip_crate``. Memory stays bounded. Raises ``UsageError``, ``OutputExists``, ``InvalidInput``,
    ``UnreadableFile``.
    """
    if not licence and not skip_crate:
        raise UsageError("A licence is needed for the crate; name one, or skip the crate with --rocrate-skip", field="licence")
    folder, target = Path(source), Path(out)
    if not folder.is_dir():
        raise UnreadableFile(f"{folder} is no folder" if folder.exists() else f"{folder} does not exist")
    check_apart(folder, target)
    plan = plan_upgrade(folder)
    layouts = [(move, plan_shards(move, chunks=chunks, shards=shards)) for move in plan.arrays]
    with staged_folder(target, overwrite=overwrite) as work:
        moved = _write_arrays(folder, work, layouts, progress)
        _write_groups(folder, work, plan)
        if not skip_crate:
            write_crate(_describe(plan, folder, licence, organism, modality, name, description), work)
    return ResaveReport(len(layouts), sum(layout.is_moved for _, layout in layouts), moved, not skip_crate)


def _describe(
    plan: UpgradePlan,
    folder: Path,
    licence: str | None,
    organism: str | None,
    modality: str | None,
    name: str | None,
    description: str | None,
) -> CrateDescription:
    return CrateDescription(
        name=name or plan.name or folder.name,
        date_published=datetime.now(UTC),
        description=description or "",
        kind="plate" if plan.kind == "plate" else "image",
        licence=licence,
        organisms=(organism,) if organism else (),
        modalities=(modality,) if modality else (),
    )


def _write_groups(folder: Path, work: Path, plan: UpgradePlan) -> None:
    for path, document in plan.groups.items():
        write_metadata(work / path, document)
    for path in plan.copies:
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / path, work / path)


def _write_arrays(folder: Path, work: Path, layouts: Sequence[tuple[ArrayMove, ShardPlan]], progress: Progress | None) -> int:
    for move, plan in layouts:
        write_metadata(work / move.path, array_document(move, plan))
    total = sum(plan.shard_count for _, plan in layouts)
    moved = 0
    for done, count in enumerate(_run(_steps(folder, work, layouts)), 1):
        moved += count
        if progress is not None:
            progress(done / total)
    for move, plan in layouts:
        _check_moved(folder, work, move, plan)
    return moved


def _steps(folder: Path, work: Path, layouts: Iterable[tuple[ArrayMove, ShardPlan]]) -> Iterator[Callable[[], int]]:
    """One piece of work for each shard, which gives the number of chunks that were moved."""
    for move, plan in layouts:
        here, there = folder / move.path, work / move.path
        if plan.is_moved:
            for place in plan.shard_grid():
                yield partial(move_shard, here, there, move, plan, place=place)
        else:
            yield from _encoding_steps(folder, there, move, plan)


def _encoding_steps(folder: Path, there: Path, move: ArrayMove, plan: ShardPlan) -> Iterator[Callable[[], int]]:
    tree = LocalTree(folder)
    node = tree.read_node(move.path)
    if node is None:
        raise UnreadableFile(f"{folder / move.path} went away")
    array = open_array(tree, move.path, node, is_filling=True)
    store = open_store(there, is_writing=True)

    def encode(region: tuple[slice, ...]) -> int:
        try:
            pixels = array.read(region).astype(plan.dtype, copy=False)
        except UnreadableFile as error:
            raise UnreadableFile(f"{folder / move.path} {error.detail}") from error
        store[region].write(pixels).result()
        if not np.array_equal(store[region].read().result(), pixels, equal_nan=plan.dtype.kind in "fc"):
            raise UnreadableFile(f"{there} does not hold what was written; is the disk in order?")
        return 0

    for place in plan.shard_grid():
        yield partial(encode, plan.region(place))


def _run(steps: Iterator[Callable[[], int]]) -> Iterator[int]:
    """The results of the steps in their order, a few of them under way at once."""
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="resave") as pool:
        waiting: deque[Future[int]] = deque()
        try:
            for step in steps:
                waiting.append(pool.submit(step))
                if len(waiting) >= _WAITING:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _check_moved(folder: Path, work: Path, move: ArrayMove, plan: ShardPlan) -> None:
    """Read the first and the last chunk of an array through TensorStore and compare them with the original's.

    Every chunk was decoded when it was moved; this proves that the shards' index and metadata lead to them.
    """
    old_tree, new_tree = LocalTree(folder), LocalTree(work)
    old_node, new_node = old_tree.read_node(move.path), new_tree.read_node(move.path)
    if not plan.is_moved or old_node is None or new_node is None:
        return
    old = open_array(old_tree, move.path, old_node, is_filling=True)
    new = open_array(new_tree, move.path, new_node, is_filling=True)
    for region in old.end_regions():
        if not np.array_equal(old.read(region), new.read(region), equal_nan=plan.dtype.kind in "fc"):
            raise UnreadableFile(f"{folder / move.path} does not read the same after it was saved again")
