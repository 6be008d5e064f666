"""Patterns that find a name in a path, in the spelling of Java's regular expressions that OMERO's import targets have."""

from __future__ import annotations

import re
from pathlib import Path

from micrarium.errors import InvalidInput

#: The group that holds the name of the container.
CONTAINER = "Container1"
_MOST_LETTERS = 1000
#: A named group, a reference to one, or quoted letters; what looks back is left alone.
_JAVA = re.compile(r"\\Q(?P<quoted>.*?)(?:\\E|$)|\\k<(?P<again>\w+)>|\(\?<(?P<name>[A-Za-z]\w*)>|\\(?P<escaped>.)", re.DOTALL)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern in Java's spelling, ready to match. Raises ``InvalidInput`` for one that cannot be, or names no container."""
    if len(pattern) > _MOST_LETTERS:
        raise InvalidInput(f"The pattern of a target has at most {_MOST_LETTERS} letters", field="target")
    try:
        compiled = re.compile(_JAVA.sub(_respell, pattern))
    except re.error as error:
        raise InvalidInput(f"{pattern!r} is no pattern that can be matched: {error}", field="target") from None
    if CONTAINER not in compiled.groupindex:
        raise InvalidInput(f"The pattern {pattern!r} lacks the group (?<{CONTAINER}>...) that names the container", field="target")
    return compiled


def _respell(found: re.Match[str]) -> str:
    if found["name"] is not None:
        return f"(?P<{found['name']}>"
    if found["again"] is not None:
        return f"(?P={found['again']})"
    return re.escape(found["quoted"]) if found["quoted"] is not None else found[0]


def match_container(path: Path, *, pattern: str) -> str:
    """The name that a pattern finds in the whole of a folder's path, with or without a slash behind it; empty for none.

    A pattern can take for ever; where a stranger wrote it, ask a process that can be given up.
    """
    compiled = compile_pattern(pattern)
    for text in (path.as_posix(), f"{path.as_posix()}/"):
        if (found := compiled.fullmatch(text)) is not None:
            return (found[CONTAINER] or "").strip("/").strip()
    return ""
