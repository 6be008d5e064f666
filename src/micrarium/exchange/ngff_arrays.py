"""Checking the arrays of an image: that its levels fit together and that their chunks can be decoded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from micrarium.errors import MicrariumError, UnreadableFile
from micrarium.exchange.findings import Findings
from micrarium.exchange.ngff_rules import DatasetEntry, MultiscaleEntry
from micrarium.exchange.zarr_arrays import ArrayReader, MissingChunk, open_array
from micrarium.exchange.zarr_trees import Node, ZarrTree, join

#: A chunk that would take more memory than this when decoded is not decoded.
LARGEST_CHUNK_BYTES = 2**30


def check_levels(
    tree: ZarrTree, path: str, multiscale: MultiscaleEntry, findings: Findings, *, version: str, is_label: bool, is_deep: bool
) -> tuple[int, ...] | None:
    """Check the arrays of one multiscale; gives the shape of the first, None when that cannot be read."""
    opened: list[tuple[DatasetEntry, ArrayReader]] = []
    for dataset in multiscale.datasets:
        below = join(path, dataset.path)
        found = _open(tree, below, findings)
        if found is None:
            continue
        node, array = found
        _check_array(array, node, below, multiscale, findings, version=version, is_label=is_label)
        _check_chunks(array, below, findings, is_deep=is_deep)
        opened.append((dataset, array))
    _compare_levels(opened, path, findings, version=version)
    return opened[0][1].shape if opened and opened[0][0] == multiscale.datasets[0] else None


def _open(tree: ZarrTree, path: str, findings: Findings) -> tuple[Node, ArrayReader] | None:
    try:
        node = tree.read_node(path)
        if node is None or node.kind != "array":
            findings.error(path, "No array is here, though the multiscale names it")
            return None
        return node, open_array(tree, path, node)
    except UnreadableFile as error:
        findings.error(path, f"The array {error.detail}" if error.detail.startswith("is ") else error.detail)
    except MicrariumError as error:
        findings.error(path, error.detail)
    return None


def _check_array(
    array: ArrayReader, node: Node, path: str, multiscale: MultiscaleEntry, findings: Findings, *, version: str, is_label: bool
) -> None:
    axes = multiscale.axes
    if axes is not None and len(array.shape) != len(axes):
        findings.error(path, f"The array has {len(array.shape)} dimensions, where there are {len(axes)} axes")
    if node.zarr_format == 3 and version == "0.5":
        _check_dimension_names(node.metadata.get("dimension_names"), axes, path, findings)
    if node.zarr_format != (3 if version == "0.5" else 2):
        findings.error(path, f"The array is Zarr v{node.zarr_format}, which does not go with OME-Zarr {version}")
    if node.zarr_format == 2 and node.metadata.get("dimension_separator", ".") != "/":
        findings.error(path, 'The array should have the dimension_separator "/"')
    if is_label and array.dtype.kind not in "iu":
        findings.error(path, f"A label image should have integer pixels, not {array.dtype.name}")
    if array.dtype.kind not in "biufc":
        findings.error(path, f"Pixels of type {array.dtype.name} are no image")
    if 0 in array.shape:
        findings.error(path, f"The array is empty: its shape is {_sizes(array.shape)}")


def _check_dimension_names(names: object, axes: Sequence[str] | None, path: str, findings: Findings) -> None:
    if not isinstance(names, list):
        findings.error(path, "The array has no dimension_names; OME-Zarr 0.5 requires those of the axes")
    elif axes is not None and names != list(axes):
        findings.error(path, f"dimension_names are {', '.join(map(str, names))}, where the axes are {', '.join(axes)}")


def _check_chunks(array: ArrayReader, path: str, findings: Findings, *, is_deep: bool) -> None:
    if 0 in array.shape:
        return
    if array.chunk_bytes > LARGEST_CHUNK_BYTES:
        size = array.chunk_bytes >> 20
        findings.warn(path, f"Chunks take {size} MiB of memory each, too much for most readers; none was decoded")
        return
    regions: Iterable[tuple[slice, ...]] = array.chunk_regions() if is_deep else array.end_regions()
    missing = 0
    for region in regions:
        try:
            array.read(region)
        except MissingChunk:
            missing += 1
        except MicrariumError as error:
            start = ", ".join(str(side.start) for side in region)
            findings.error(path, f"The chunk at ({start}) {error.detail}")
            if not is_deep:
                return
    if missing:
        checked = "all" if is_deep else "the first and the last"
        findings.warn(path, f"{missing} of the chunks looked at ({checked}) are not there; readers see the fill value")


def _compare_levels(opened: Sequence[tuple[DatasetEntry, ArrayReader]], path: str, findings: Findings, *, version: str) -> None:
    if not opened:
        return
    first_entry, first = opened[0]
    for (_, above), (entry, array) in pairwise(opened):
        here = join(path, entry.path)
        if array.dtype != first.dtype:
            sentence = f"The pixels are {array.dtype.name}, where the first level has {first.dtype.name}"
            (findings.error if version == "0.5" else findings.warn)(here, sentence)
        if len(array.shape) != len(first.shape):
            findings.error(here, f"The level has {len(array.shape)} dimensions, where the first has {len(first.shape)}")
            continue
        if any(n > m for n, m in zip(array.shape, above.shape, strict=False)):
            findings.error(here, f"The level ({_sizes(array.shape)}) is larger than the one before ({_sizes(above.shape)})")
        elif first_entry.scale and entry.scale and len(entry.scale) == len(first_entry.scale) == len(array.shape):
            _compare_scale(first.shape, array.shape, first_entry.scale, entry.scale, here, findings)


def _compare_scale(
    full: Sequence[int], shape: Sequence[int], base: Sequence[float], scale: Sequence[float], path: str, findings: Findings
) -> None:
    """Warn where a level's scale does not say how much smaller it is; a pixel more or less is rounding."""
    for axis, (length, shorter, one, other) in enumerate(zip(full, shape, base, scale, strict=True)):
        if one <= 0 or other <= 0 or shorter < 1:
            continue
        expected = length * one / other
        if not math.floor(expected) - 1 <= shorter <= math.ceil(expected) + 1:
            sentence = f"Axis {axis} goes from {length} to {shorter} pixels, but its scale from {one:g} to {other:g}"
            findings.warn(path, sentence)


def _sizes(shape: Iterable[int]) -> str:
    return " x ".join(str(n) for n in shape)
