"""Double-blind review: what is shown without anything that could tell whose it is.

People write names, paths and dates wherever there is room for text. So no text that a person or a file brought is shown,
but words of closed lists (types, units, colours, fluorophores); names become numbers ("Image 12"). Key-value pairs are
shown where the link's maker named their keys, and even then without known people, addresses, paths and dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from micrarium.actions.recognising import is_equipment, is_listed
from micrarium.geometry import is_unit
from micrarium.model import Experimenter
from micrarium.model.annotations import Annotation
from micrarium.model.schema import entity_by_plural, kinds_of
from micrarium.permissions import ActorSession, Reach, every
from micrarium.pixels.channels import ChannelView

#: Where RO-Crate asks for a date and there is none to tell.
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
#: Who and when: not shown, numbers neither.
_HIDDEN = re.compile(
    r"(owner|group|experimenter|grant|event|sudo|fileset|file)(_id)?|(link_owner|sudo_experimenter)_id|.*_event_id|(.*_)?(at|date)"
    r"|time|email|orcid"
)
#: Texts that come from closed lists, by the names of their fields.
_CLOSED = frozenset({
    "type", "whose", "acquisition_mode", "axis", "next", "username", "status",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_=-]{0,80}")
_OBJECT = re.compile(r"[a-z_]+:\d{1,19}|search")
_COLOR = re.compile(r"#?[0-9A-Fa-f]{6,8}")
_POINTS = re.compile(r"-?[0-9.]+,-?[0-9.]+( -?[0-9.]+,-?[0-9.]+)*")
#: The words that names of fluorophores and of contrasts are made of.
_LABELS = frozenset({
    "alexa", "fluor", "af", "cy", "cy2", "cy3", "cy5", "cy7", "dapi", "hoechst", "gfp", "egfp", "rfp", "mrfp", "yfp",
    "eyfp", "cfp", "ecfp", "bfp", "ebfp", "mcherry", "mkate", "tdtomato", "venus", "mvenus", "cerulean", "citrine",
    "dsred", "fitc", "tritc", "texas", "red", "rhodamine", "bodipy", "atto", "star", "sir", "dio", "did", "dii", "draq5",
    "propidium", "iodide", "pi", "calcein", "mitotracker", "lysotracker", "phalloidin", "tubulin", "actin", "h2b",
    "lamin", "tl", "pmt", "bf", "brightfield", "bright", "field", "transmitted", "transmission", "phase", "contrast",
    "dic", "dark", "darkfield", "reflection", "green", "blue", "yellow", "orange", "far", "nir", "uv", "channel", "ch",
    "c", "he", "h", "e", "dab", "eosin", "haematoxylin", "hematoxylin", "halo", "snap", "tag", "janelia", "jf", "fluo",
    "rhod", "fura", "indo", "gcamp", "mneongreen", "mscarlet", "mturquoise", "mapple", "mplum", "mruby", "katushka",
    "dendra2", "meos", "autofluorescence", "autofluor", "membrane", "nuclei", "nucleus", "cell", "cells",
})  # fmt: skip
_DATES = re.compile(r"\b\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b|\b(19|20)\d{6}\b|\b\d{1,2}:\d{2}(:\d{2})?\b")
_MONTHS = re.compile(
    r"\b\d{0,2}\.? ?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? ?\d{1,4}(, ?\d{4})?\b", re.IGNORECASE
)
_YEARS = re.compile(r"\b(19|20)\d\d\b")
_ADDRESSES = re.compile(r"\S+@\S+|\bhttps?://\S+|\b\d{4}-\d{4}-\d{4}-\d{3}[\dXx]\b|(?:[A-Za-z]:)?(?:[\\/][^\s\\/]+)+[\\/]?")


def neutral_name(noun: str, object_id: int | None) -> str:
    """``Image 12``."""
    return f"{noun.replace('_', ' ').capitalize()} {object_id}" if object_id is not None else ""


def neutral_channel(name: str | None, index: int) -> str:
    """The name of a channel where it is made of words of fluorophores and contrasts, else its number."""
    words = re.findall(r"[^\W_]+", (name or "").lower())
    known = bool(words) and not re.search(r"[^\w\s().,+-]", name or "")
    is_label = all(word in _LABELS or re.fullmatch(r"[1-9]|[1-9]\d{2}|(ch|c)[1-9]?\d|33342|33258", word) for word in words)
    return name if name and known and is_label and len(words) <= 4 else f"Channel {index + 1}"


def neutral_channels(channels: Iterable[ChannelView]) -> tuple[ChannelView, ...]:
    """Channels with neutral names."""
    return tuple(replace(one, label=neutral_channel(one.label, index)) for index, one in enumerate(channels))


def is_blind(session: ActorSession) -> bool:
    """Whether whoever is asking came by a blind link."""
    return session.actor is not None and session.actor.reach is not None and session.actor.reach.is_blind


def words_to_hide(session: ActorSession) -> tuple[str, ...]:
    """The names, addresses and institutions of all people of a site, the longest first; in a session of the system."""
    columns = (
        Experimenter.first_name, Experimenter.middle_name, Experimenter.last_name, Experimenter.ome_name, Experimenter.email,
        Experimenter.institution, Experimenter.orcid,
    )  # fmt: skip
    found: set[str] = set()
    for row in session.execute(every(Experimenter).with_only_columns(*columns)):
        found.update(text for text in row if text and len(text) > 1)
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def scrub(text: str, hidden: Sequence[str]) -> str:
    """A text without known people, addresses, paths and dates."""
    for word in hidden:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "…", text, flags=re.IGNORECASE)
    for pattern in (_ADDRESSES, _DATES, _MONTHS, _YEARS):
        text = pattern.sub("…", text)
    return text


def shown_pairs(pairs: Iterable[Sequence[Any]], reach: Reach) -> list[list[str]]:
    """The key-value pairs whose keys a link shows, scrubbed."""
    return [[key, scrub(str(value), reach.hidden_words)] for key, value in pairs if key in reach.shown_keys]


def blind(value: Any, reach: Reach, *, noun: str = "", key: str = "") -> Any:
    """An answer without what could tell whose it is; ``noun`` says what the objects in it are, ``key`` where it stands."""
    if isinstance(value, dict):
        return _blind_object(value, reach, noun=noun)
    if isinstance(value, list):
        if key == "map_value":
            return shown_pairs(value, reach)
        if key == "channels":
            return [_blind_channel(one, index, reach) for index, one in enumerate(value)]
        return [blind(one, reach, noun=noun, key=key) for one in value if not _is_said(one)]
    if isinstance(value, str):
        return value if _is_closed(key, value) else None
    return value


def _blind_object(value: dict[str, Any], reach: Reach, *, noun: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    noun = noun or _noun_of_type(value.get("type"))
    for key, one in value.items():
        if _HIDDEN.fullmatch(key):
            told[key] = None
        elif key in ("name", "label") and isinstance(one, str):
            told[key] = neutral_name(noun, value.get("id")) if noun and "id" in value else None
        else:
            told[key] = blind(one, reach, noun=_noun_of(key, noun), key=key)
    return told


def _blind_channel(one: Any, index: int, reach: Reach) -> Any:
    if not isinstance(one, dict):
        return None
    told = _blind_object(one, reach, noun="")
    told["name"] = neutral_channel(one.get("name"), index)
    fluor = one.get("fluor")
    if "fluor" in one:
        told["fluor"] = fluor if isinstance(fluor, str) and neutral_channel(fluor, index) == fluor else None
    return told


def _noun_of(key: str, noun: str) -> str:
    if key == "items":
        return noun
    entity = entity_by_plural().get(key)
    return entity.singular() if entity is not None else ""


def _noun_of_type(name: Any) -> str:
    """The noun of a class by its name in either spelling, as containers tell it."""
    return next((e.singular() for e in entity_by_plural().values() if name in (e.__name__, e.singular())), "")


def _is_said(one: Any) -> bool:
    """Whether something is an annotation other than key-value pairs: whatever it holds, somebody wrote it."""
    return isinstance(one, dict) and one.get("type") in kinds_of(Annotation) and one["type"] != "MapAnnotation"


def _is_closed(key: str, text: str) -> bool:
    if key.endswith("unit"):
        return is_unit(text)
    if key.endswith("color"):
        return _COLOR.fullmatch(text) is not None
    if key in ("points", "transform"):
        return _POINTS.fullmatch(text) is not None
    if key == "object":
        return _OBJECT.fullmatch(text) is not None
    if is_listed(key, text) or (key in ("model", "manufacturer") and is_equipment(text)):
        return True
    return key in _CLOSED and _WORD.fullmatch(text) is not None
