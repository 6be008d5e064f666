"""What tokens are for: less than all that their person may do. Held where changes are written, whatever route asked for them.

A token for ``write`` changes what its person may change as an ordinary member of their groups; only one for ``admin`` acts
with an administrator's privileges. One for ``annotate`` or ``import`` reads and does that one thing besides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from micrarium.errors import InvalidInput, NotAllowed
from micrarium.model import ANNOTATION_LINKS, Annotation, Job, MapEntry, Roi, Shape, Upload
from micrarium.permissions.rules import Actor

#: From the least to the most.
SCOPES = ("read", "annotate", "import", "write", "admin")
#: What each scope brings with it.
_WITH: dict[str, frozenset[str]] = {
    "write": frozenset({"annotate", "import"}),
    "admin": frozenset({"annotate", "import", "write"}),
}
_ANNOTATING: tuple[type, ...] = (Annotation, MapEntry, Roi, Shape, *ANNOTATION_LINKS.values())


def parse_scopes(text: str | Iterable[str]) -> frozenset[str]:
    """The scopes that a text with spaces or commas, or a list, names. Raises ``InvalidInput`` for one there is not."""
    words = text.replace(",", " ").split() if isinstance(text, str) else [str(word) for word in text]
    unknown = [word for word in words if word not in SCOPES]
    if unknown or not words:
        raise InvalidInput(f"A token is for some of {', '.join(SCOPES)}", field="scope")
    return frozenset(words).union(*(_WITH.get(word, ()) for word in words)) | {"read"}


def spell_scopes(scopes: frozenset[str]) -> str:
    """Scopes as they are kept and shown: only those that no other of them brings with it."""
    implied = frozenset[str]().union(*(_WITH.get(scope, ()) for scope in scopes))
    told = [scope for scope in SCOPES if scope in scopes - implied and (scope != "read" or scopes == {"read"})]
    return " ".join(told)


def limit_actor(actor: Actor, scopes: frozenset[str], *, is_reading: bool = False) -> Actor:
    """The actor with no more rights than a token of these scopes has; ``is_reading`` takes any right to change away."""
    kept = frozenset({"read"}) if is_reading else scopes
    # An administrator without privileges sees all, and changes what any member of the group might.
    privileges = actor.privileges if not actor.is_admin or "admin" in scopes else frozenset[str]()
    return replace(actor, privileges=privileges, is_reading=actor.is_reading or "write" not in kept, scopes=kept)


def is_for(actor: Actor, scope: str) -> bool:
    """Whether this way of signing in is for changing what a scope is about."""
    return not actor.is_reading or scope in (actor.scopes or ())


def scopes_of(actor: Actor) -> list[str]:
    """What this way of signing in is for, from the least to the most; all that the person may do without a token."""
    full = {"read", "annotate", "import", "write", *(["admin"] if actor.is_admin else [])}
    held = full if actor.scopes is None and not actor.is_reading else (actor.scopes or {"read"})
    return [scope for scope in SCOPES if scope in held]


def check_scopes(actor: Actor, objects: Iterable[Any]) -> None:
    """Nothing when this way of signing in is for changing all of these objects, else ``NotAllowed``."""
    if not actor.is_reading:
        return
    for obj in objects:
        if isinstance(obj, _ANNOTATING):
            require_scope(actor, "annotate")
        elif isinstance(obj, Upload) or (isinstance(obj, Job) and obj.kind == "import"):
            require_scope(actor, "import")
        else:
            require_scope(actor, "write")


def require_scope(actor: Actor | None, scope: str) -> None:
    """Nothing when the actor may change what a scope is about, else ``NotAllowed``."""
    if actor is None or not is_for(actor, scope):
        has = spell_scopes(actor.scopes) if actor is not None and actor.scopes else "read"
        told = "reading only" if has == "read" else f"{' and '.join(has.split())} only"
        raise NotAllowed(f"This sign-in is for {told}")
