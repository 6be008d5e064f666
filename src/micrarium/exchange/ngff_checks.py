"""Walking through an OME-Zarr hierarchy, from a plate or a collection down to the chunks of each array."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from micrarium.errors import MicrariumError
from micrarium.exchange import ngff_rules
from micrarium.exchange.findings import Cursor, Findings
from micrarium.exchange.ngff_arrays import check_levels
from micrarium.exchange.zarr_trees import Node, ZarrTree, join

#: A plate of 1536 wells with dozens of fields is far below this; it only stops what refers to itself.
MOST_GROUPS = 200_000


@dataclass(slots=True)
class Walk:
    """One walk: the tree, what was found, and the groups still to be looked at."""

    tree: ZarrTree
    findings: Findings
    is_deep: bool = False
    version: str | None = None
    progress: Callable[[str], None] | None = None
    waiting: deque[tuple[str, Callable[[Walk, str, Node], None]]] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)

    def later(self, path: str, check: Callable[[Walk, str, Node], None]) -> None:
        """Look at a group afterwards; one that is not there is an error then."""
        if path not in self.seen and len(self.seen) < MOST_GROUPS:
            self.seen.add(path)
            self.waiting.append((path, check))

    def metadata(self, path: str, node: Node) -> Cursor | None:
        """The OME-Zarr metadata of a group, or None when it has none of the hierarchy's version (which is reported)."""
        where = join(path, node.document)
        if self.version == "0.4":
            return Cursor(self.findings, where, "", node.attributes)
        ome = Cursor(self.findings, where, "attributes", node.attributes).get("ome", "an object", is_required=True)
        if ome is None:
            return None
        found = ome.get("version", "a text", is_required=True)
        if found is not None and _released(found.value) != self.version:
            found.error(f"is {found.value}, where the root is {self.version}")
        return Cursor(self.findings, where, "ome", ome.value)


def check_hierarchy(
    tree: ZarrTree, findings: Findings, *, is_deep: bool, progress: Callable[[str], None] | None = None
) -> str | None:
    """Check the OME-Zarr hierarchy at the root of a tree; gives its version, None where it has no known one."""
    walk = Walk(tree, findings, is_deep, progress=progress)
    root = _read_node(walk, "")
    if root is None:
        return None
    walk.version = find_version(root, findings)
    if walk.version not in ngff_rules.VERSIONS:
        return walk.version
    walk.seen.add("")
    _check_group(walk, "", root)
    while walk.waiting:
        path, check = walk.waiting.popleft()
        if progress is not None:
            progress(path)
        node = _read_node(walk, path)
        if node is not None:
            check(walk, path, node)
    return walk.version


def _read_node(walk: Walk, path: str) -> Node | None:
    try:
        node = walk.tree.read_node(path)
    except MicrariumError as error:
        walk.findings.error(path, error.detail)
        return None
    if node is None:
        walk.findings.error(path, "No Zarr group is here: there is neither zarr.json nor .zgroup and .zattrs")
    elif node.kind == "array":
        walk.findings.error(path, "This is an array, where a group should be")
        return None
    return node


def find_version(node: Node, findings: Findings) -> str | None:
    """The version of OME-Zarr that a root group says it has; what is wrong about it is reported."""
    if node.zarr_format == 3:
        ome = Cursor(findings, node.document, "attributes", node.attributes).get("ome", "an object")
        if ome is None:
            hint = "; its metadata are those of 0.4, but in Zarr v3" if set(node.attributes) & _CONTENTS.keys() else ""
            findings.error(node.document, f"attributes.ome is missing: this is no OME-Zarr 0.5 group{hint}")
            return None
        found = ome.get("version", "a text", is_required=True)
        version = str(found.value) if found else None
    else:
        version = _find_old_version(node, findings)
    if version is None or version in ngff_rules.VERSIONS:
        return version
    if _released(version) in ngff_rules.VERSIONS:
        findings.error(node.document, f"The version is {version}, which was never released; it was held to {_released(version)}")
    else:
        findings.error(node.document, f"The version is {version}; only {' and '.join(ngff_rules.VERSIONS)} are checked")
    return _released(version)


def _released(version: str) -> str:
    return version.split("-dev")[0]


def _find_old_version(node: Node, findings: Findings) -> str:
    if "ome" in node.attributes:
        findings.error(node.document, "attributes.ome belongs to OME-Zarr 0.5, which needs Zarr v3")
    multiscales = node.attributes.get("multiscales")
    blocks = [multiscales[0] if isinstance(multiscales, list) and multiscales else None]
    blocks += [node.attributes.get(key) for key in ("plate", "well", "image-label")]
    for block in blocks:
        if isinstance(block, dict) and isinstance(block.get("version"), str):
            return str(block["version"])
    layout = node.attributes.get("bioformats2raw.layout")
    if isinstance(layout, int) and layout < 3:
        findings.error(node.document, f"bioformats2raw.layout is {layout}; only layout 3 belongs to OME-Zarr 0.4")
    elif layout is None:
        findings.warn(node.document, "No version is given; it is taken to be 0.4")
    return "0.4"


def _check_group(walk: Walk, path: str, node: Node) -> None:
    ome = walk.metadata(path, node)
    if ome is None:
        return
    known = [key for key in _CONTENTS if key in ome.value]
    if not known:
        ome.findings.error(ome.path, "There are no OME-Zarr metadata: no multiscales, plate, well, labels or bioformats2raw.layout")
    for key in known:
        _CONTENTS[key](walk, path, node)


def _check_image(walk: Walk, path: str, node: Node) -> None:
    ome = walk.metadata(path, node)
    if ome is not None:
        _check_pixels(walk, path, ome, is_label="image-label" in ome.value)


def _check_pixels(walk: Walk, path: str, ome: Cursor, *, is_label: bool) -> None:
    version = walk.version or ""
    channels: int | None = None
    for multiscale in ngff_rules.read_multiscales(ome, version=version):
        shape = check_levels(walk.tree, path, multiscale, walk.findings, version=version, is_label=is_label, is_deep=walk.is_deep)
        if shape is not None and "channel" in multiscale.types and len(shape) == len(multiscale.types):
            channels = shape[multiscale.types.index("channel")]
    ngff_rules.check_omero(ome, version=version, channels=channels)
    if is_label:
        ngff_rules.check_image_label(ome, version=version)
    _look_for_labels(walk, path)


def _look_for_labels(walk: Walk, path: str) -> None:
    below = join(path, "labels")
    try:
        node = walk.tree.read_node(below)
    except MicrariumError as error:
        walk.findings.error(below, error.detail)
        return
    if node is not None and node.kind == "group":
        walk.later(below, _check_labels)


def _check_labels(walk: Walk, path: str, node: Node) -> None:
    ome = walk.metadata(path, node)
    names = ome.get("labels", "a list", is_required=True) if ome else None
    for name in names.items("a text") if names else ():
        walk.later(join(path, name.value), _check_label)


def _check_label(walk: Walk, path: str, node: Node) -> None:
    ome = walk.metadata(path, node)
    if ome is None:
        return
    if "image-label" not in ome.value:
        walk.findings.warn(ome.path, "A label image should have image-label")
    _check_pixels(walk, path, ome, is_label=True)


def _check_plate(walk: Walk, path: str, node: Node) -> None:
    ome = walk.metadata(path, node)
    if ome is None:
        return
    wells, runs = ngff_rules.read_plate(ome, version=walk.version or "")

    def check_well(walk: Walk, path: str, node: Node) -> None:
        _check_well(walk, path, node, runs)

    for well in wells:
        walk.later(join(path, well), check_well)


def _check_well(walk: Walk, path: str, node: Node, runs: set[int] | None = None) -> None:
    ome = walk.metadata(path, node)
    if ome is None:
        return
    for image in ngff_rules.read_well(ome, version=walk.version or "", acquisitions=runs):
        walk.later(join(path, image), _check_image)


def _check_collection(walk: Walk, path: str, node: Node) -> None:
    ome = walk.metadata(path, node)
    layout = ome.get("bioformats2raw.layout", "a number") if ome else None
    if layout is not None and layout.value != 3:
        layout.error(f"should be 3, not {layout.value}")
    has_plate = ome is not None and "plate" in ome.value
    series = _read_series(walk, path)
    if series is None and not walk.tree.has(join(path, "OME/METADATA.ome.xml")):
        walk.findings.warn(join(path, "OME"), "There are neither series nor METADATA.ome.xml to say which images there are")
    images = series if series is not None else [] if has_plate else list(_numbered(walk, path))
    for image in images:
        walk.later(join(path, image), _check_image)
    if not images and not has_plate:
        walk.findings.error(join(path, "OME"), "The collection has no images")


def _read_series(walk: Walk, path: str) -> list[str] | None:
    """The images that the ``OME`` group of a collection lists, None where it lists none."""
    try:
        node = walk.tree.read_node(join(path, "OME"))
    except MicrariumError as error:
        walk.findings.error(join(path, "OME"), error.detail)
        return []
    ome = walk.metadata(join(path, "OME"), node) if node is not None and node.attributes else None
    series = ome.get("series", "a list") if ome else None
    return None if series is None else [str(entry.value) for entry in series.items("a text")]


def _numbered(walk: Walk, path: str) -> Iterator[str]:
    """The images 0, 1, 2, ... of a collection, as far as there are any."""
    number = 0
    while number < MOST_GROUPS and _is_group(walk, join(path, str(number))):
        yield str(number)
        number += 1


def _is_group(walk: Walk, path: str) -> bool:
    try:
        node = walk.tree.read_node(path)
    except MicrariumError:
        return True  # it is there; what is wrong with it is said when it is looked at
    return node is not None and node.kind == "group"


#: What a group may hold, in the order it is looked at.
_CONTENTS: dict[str, Callable[[Walk, str, Node], None]] = {
    "plate": _check_plate,
    "bioformats2raw.layout": _check_collection,
    "well": _check_well,
    "multiscales": _check_image,
    "labels": _check_labels,
}
