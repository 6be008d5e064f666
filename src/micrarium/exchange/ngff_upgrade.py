"""Planning how a hierarchy of OME-Zarr 0.4 becomes 0.5: the documents to write, the arrays to move, what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from micrarium.errors import InvalidInput
from micrarium.exchange.findings import Findings
from micrarium.exchange.ngff_checks import find_version
from micrarium.exchange.zarr_trees import LocalTree, Node, join
from micrarium.pixels import ome_zarr

#: What belongs to OME-Zarr among a group's attributes; everything else stays where it is.
OME_KEYS = ("multiscales", "omero", "plate", "well", "labels", "image-label", "bioformats2raw.layout", "series")
XML = "OME/METADATA.ome.xml"


@dataclass(frozen=True, slots=True)
class ArrayMove:
    """One array to move: its path, its Zarr v2 metadata and attributes, and the names of its axes."""

    path: str
    metadata: dict[str, Any]
    attributes: dict[str, Any]
    axes: tuple[str, ...]


@dataclass(slots=True)
class UpgradePlan:
    """Everything an upgrade does: ``groups`` are the ``zarr.json`` by path, ``copies`` files that stay as they are."""

    name: str = ""
    kind: str = "image"
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrays: list[ArrayMove] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)


def plan_upgrade(folder: Path) -> UpgradePlan:
    """How the OME-Zarr 0.4 in a folder becomes 0.5. Raises ``InvalidInput`` when it is of another version or incomplete."""
    tree = LocalTree(folder)
    root = tree.read_node("")
    if root is None or root.kind != "group":
        raise InvalidInput(f"{folder} is no Zarr group")
    findings = Findings()
    version = find_version(root, findings)
    if version != "0.4":
        detail = f"is OME-Zarr {version} already" if version == "0.5" else f"is OME-Zarr {version or 'of no known version'}"
        raise InvalidInput(f"{folder} {detail}; only 0.4 can be saved again as 0.5 (micrarium convert reads other versions)")
    if root.attributes.get("bioformats2raw.layout", 3) != 3:
        raise InvalidInput(f"{folder} has a bioformats2raw.layout other than 3, which is older than OME-Zarr 0.4")
    plan = UpgradePlan()
    _plan_group(tree, "", root, plan)
    if not plan.arrays:
        raise InvalidInput(f"{folder} has no images of OME-Zarr 0.4 in it")
    return plan


def upgrade_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    """A group's attributes as 0.5 wants them: OME's under ``ome``, with one version for all of them."""
    own = {key: value for key, value in attributes.items() if key not in OME_KEYS}
    ome = {key: _without_versions(attributes[key]) for key in OME_KEYS if key in attributes}
    for channel in _channels(ome.get("omero")):
        if not isinstance(channel.get("label", ""), str):  # some writers number their channels
            channel["label"] = str(channel["label"])
    document = ome_zarr.group(ome)["attributes"] if ome else {}
    return document | own


def _channels(omero: Any) -> list[dict[str, Any]]:
    channels = omero.get("channels") if isinstance(omero, dict) else None
    return [channel for channel in channels if isinstance(channel, dict)] if isinstance(channels, list) else []


def _without_versions(value: Any) -> Any:
    """The value without OME-Zarr's versions. ``metadata`` is the writer's own and says which tool's version it means."""
    if isinstance(value, list):
        return [_without_versions(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {k: v if k == "metadata" else _without_versions(v) for k, v in value.items() if k != "version"}
    if "coordinateTransformations" in kept and isinstance(kept["coordinateTransformations"], list):
        # Some writers leave an empty list, or say that nothing changes; neither is allowed.
        kept["coordinateTransformations"] = [t for t in kept["coordinateTransformations"] if not _is_identity(t)]
    return {k: v for k, v in kept.items() if k != "coordinateTransformations" or v}


def _is_identity(transformation: Any) -> bool:
    return isinstance(transformation, dict) and transformation.get("type") == "identity"


def _plan_group(tree: LocalTree, path: str, node: Node, plan: UpgradePlan) -> None:
    attributes = node.attributes
    plan.groups[path] = {"zarr_format": 3, "node_type": "group", "attributes": upgrade_attributes(attributes)}
    if isinstance(attributes.get("plate"), dict):
        plan.kind, plan.name = "plate", str(attributes["plate"].get("name") or plan.name)
        _plan_wells(tree, path, attributes["plate"], plan)
    if "bioformats2raw.layout" in attributes:
        _plan_collection(tree, path, plan, is_listed_elsewhere="plate" in attributes)
    if isinstance(attributes.get("well"), dict):
        for image in _objects(attributes["well"], "images", path):
            _plan_below(tree, join(path, _path_of(image, path)), plan)
    if "multiscales" in attributes:
        _plan_image(tree, path, attributes, plan)


def _plan_below(tree: LocalTree, path: str, plan: UpgradePlan) -> None:
    if path in plan.groups:
        return
    node = tree.read_node(path)
    if node is None or node.kind != "group":
        raise InvalidInput(f"{tree.target}: there is no group at {path}, though the metadata name it")
    _plan_group(tree, path, node, plan)


def _plan_wells(tree: LocalTree, path: str, plate: dict[str, Any], plan: UpgradePlan) -> None:
    for well in _objects(plate, "wells", path):
        below = _path_of(well, path)
        row = join(path, below.split("/")[0])
        node = tree.read_node(row)
        attributes = upgrade_attributes(node.attributes) if node is not None else {}
        plan.groups.setdefault(row, {"zarr_format": 3, "node_type": "group", "attributes": attributes})
        _plan_below(tree, join(path, below), plan)


def _plan_collection(tree: LocalTree, path: str, plan: UpgradePlan, *, is_listed_elsewhere: bool) -> None:
    node = tree.read_node(join(path, "OME"))
    series = node.attributes.get("series") if node is not None else None
    if node is not None:
        plan.groups[join(path, "OME")] = {"zarr_format": 3, "node_type": "group", "attributes": upgrade_attributes(node.attributes)}
    if tree.has(join(path, XML)):
        plan.copies.append(join(path, XML))
    if isinstance(series, list):
        names = [str(name) for name in series]
    else:
        names = [] if is_listed_elsewhere else list(_numbered(tree, path))
    for name in names:
        _plan_below(tree, join(path, name), plan)


def _numbered(tree: LocalTree, path: str) -> Iterator[str]:
    number = 0
    while (node := tree.read_node(join(path, str(number)))) is not None and node.kind == "group":
        yield str(number)
        number += 1


def _plan_image(tree: LocalTree, path: str, attributes: dict[str, Any], plan: UpgradePlan) -> None:
    for multiscale in _objects(attributes, "multiscales", path):
        plan.name = plan.name or str(multiscale.get("name") or "")
        axes = tuple(str(axis.get("name", "")) for axis in _objects(multiscale, "axes", path))
        if not axes or len(set(axes)) < len(axes) or not all(axes):
            raise InvalidInput(
                f"{tree.target}: the axes of the image at {path or 'the root'} have no names, or not a different one each"
            )
        for dataset in _objects(multiscale, "datasets", path):
            below = join(path, _path_of(dataset, path))
            node = tree.read_node(below)
            if node is None or node.kind != "array" or node.zarr_format != 2:
                raise InvalidInput(f"{tree.target}: there is no Zarr v2 array at {below}, though the metadata name it")
            plan.arrays.append(ArrayMove(below, node.metadata, node.attributes, axes))
    labels = tree.read_node(join(path, "labels"))
    if labels is not None and labels.kind == "group":
        _plan_labels(tree, join(path, "labels"), labels, plan)


def _plan_labels(tree: LocalTree, path: str, node: Node, plan: UpgradePlan) -> None:
    names = node.attributes.get("labels")
    plan.groups[path] = {"zarr_format": 3, "node_type": "group", "attributes": upgrade_attributes(node.attributes)}
    for name in names if isinstance(names, list) else ():
        _plan_below(tree, join(path, str(name)), plan)


def _objects(holder: dict[str, Any], key: str, path: str) -> list[dict[str, Any]]:
    found = holder.get(key)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InvalidInput(f"{key} at {path or 'the root'} should be a list of objects; micrarium validate says more", field=key)
    return found


def _path_of(holder: dict[str, Any], path: str) -> str:
    found = holder.get("path")
    if not isinstance(found, str) or not found or found.startswith("/") or ".." in found.split("/"):
        raise InvalidInput(f"A path at {path or 'the root'} is missing or leads outside the folder", field="path")
    return found
