"""Which views of a BigDataViewer dataset are one image, and what its XML says of that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from micrarium.formats.bdv_xml import ViewSetup
from micrarium.pixels.source import ChannelDescription, ImageDescription


def group_views(setups: Iterable[ViewSetup], look_of: Callable[[int], Any]) -> list[list[ViewSetup]]:
    """Views that differ by their channel alone, together.

    ``look_of`` tells the size and type of the view of a number, and None where it has no pixels.
    """
    groups: dict[tuple[Any, ...], list[ViewSetup]] = {}
    for setup in setups:
        look = look_of(setup.number)
        if look is not None:
            others = tuple(sorted((kind, name) for kind, name in setup.kinds.items() if kind != "channel"))
            alone = setup.number if "channel" not in setup.kinds else None
            groups.setdefault((look, others, alone), []).append(setup)
    return list(groups.values())


def describe_views(stem: str, setups: list[ViewSetup], *, is_deep: bool, is_only: bool) -> ImageDescription:
    """The description of the image that some views make."""
    first = setups[0]
    others = [f"{kind} {name}" for kind, name in first.kinds.items() if kind != "channel"]
    x, y, z = first.voxel
    return ImageDescription(
        name=stem if is_only else f"{stem} {', '.join(others) or first.name or f'setup {first.number}'}",
        physical_size_x=x,
        physical_size_y=y,
        physical_size_z=z if is_deep else None,
        channels=tuple(ChannelDescription(name=setup.kinds.get("channel") or setup.name) for setup in setups),
    )
