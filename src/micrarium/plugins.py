"""What other packages add to Micrarium: the only place that reads entry points, each loaded on first use."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from micrarium.errors import NotFound

FORMATS = "micrarium.formats"


@cache
def _found(group: str) -> dict[str, EntryPoint]:
    # Two packages may offer one name: the order of their names decides, never the order of installation.
    offered = sorted(entry_points(group=group), key=lambda e: (e.name, e.dist.name if e.dist else "", e.value), reverse=True)
    return {entry.name: entry for entry in offered}


def plugin_names(group: str) -> list[str]:
    """The names registered in a group of entry points, in alphabetical order."""
    return sorted(_found(group))


@cache
def load_plugin(group: str, name: str) -> Any:
    """The object an entry point names. Raises ``NotFound`` when no installed package offers it."""
    try:
        entry = _found(group)[name]
    except KeyError:
        known = ", ".join(plugin_names(group)) or "none"
        raise NotFound(f"There is no plug-in {name!r} in {group}; installed: {known}") from None
    return entry.load()
