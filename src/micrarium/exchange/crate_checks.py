"""The REQUIRED rules of RO-Crate 1.1, checked without fetching anything.

Source: https://www.researchobject.org/ro-crate/1.1/ ; the same rules as roc-validator's profile ``ro-crate-1.1``. Crates
of later versions are held to the same rules, with a warning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from micrarium.exchange.findings import Findings, show
from micrarium.exchange.ro_crate import FILE_NAME, PROFILE
from micrarium.exchange.zarr_trees import describe_json_error

Entity = dict[str, Any]

_SCHEMA = "http://schema.org/"
_CONTEXT = re.compile(r"https?://w3id\.org/ro/crate/1\.\d+(-DRAFT)?/context/?")
_VERSION = re.compile(r"https?://w3id\.org/ro/crate/(1\.\d+)(-DRAFT)?/?")
#: Names of RO-Crate's context whose addresses matter here and are not schema.org's of that name.
_OTHER_TERMS = {"conformsTo": "http://purl.org/dc/terms/conformsTo", "File": f"{_SCHEMA}MediaObject"}
_KEYWORDS = {"@id", "@type", "@context", "@value", "@language"}
_DAY = r"([12]\d|0[1-9]|3[01])"
_DATE = re.compile(rf"[+-]?\d{{4}}(-?(0[1-9]|1[0-2])(-?{_DAY})?|-?W([0-4]\d|5[0-3])(-?[1-7])?|-?\d{{3}})?([T\s]\S+)?")


def check_crate(body: bytes, findings: Findings, *, has: Callable[[str], bool] | None = None) -> None:
    """Check the text of a ``ro-crate-metadata.json``.

    ``has`` tells whether a file or folder is in the crate; without it that is not checked.
    """
    document = _read(body, findings)
    if document is None:
        return
    entities = _read_entities(document["@graph"], findings)
    if entities is None:
        return
    terms = Terms(document["@context"])
    if terms.unknown_contexts:
        findings.warn(FILE_NAME, f"The context {terms.unknown_contexts[0]} is not known here; terms are not checked")
    else:
        _check_terms(entities, terms, findings)
    root = _check_descriptor(entities, terms, findings)
    if root is None:
        return
    _check_root(root, entities, terms, findings)
    _check_data_entities(root, entities, terms, findings, has=has)


class Terms:
    """What names mean in a document: its ``@context``, as far as it needs no fetching."""

    def __init__(self, context: Any) -> None:
        self.own: dict[str, Any] = {}
        self.unknown_contexts: list[str] = []
        self.has_crate_terms = False
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, dict):
                self.own.update(part)
            elif isinstance(part, str) and _CONTEXT.fullmatch(part):
                self.has_crate_terms = True
            else:
                self.unknown_contexts.append(show(part))

    def expand(self, name: str, *, depth: int = 0) -> str | None:
        """The address a name stands for, or None when nothing defines it."""
        definition = self.own.get(name)
        address = definition.get("@id") if isinstance(definition, dict) else definition
        if isinstance(definition, dict) and isinstance(definition.get("@reverse"), str):
            return f"reverse of {definition['@reverse']}"
        if isinstance(address, str) and depth < 8:
            return self._expand_prefix(address, depth) or address
        if self.has_crate_terms and name in crate_terms():
            return _OTHER_TERMS.get(name, _SCHEMA + name)
        return self._expand_prefix(name, depth)

    def _expand_prefix(self, name: str, depth: int) -> str | None:
        prefix, colon, rest = name.partition(":")
        if not colon or rest.startswith("//") or prefix == "_" or depth >= 8:
            return None
        base = self.expand(prefix, depth=depth + 1) if prefix != name else None
        return base + rest if base else None

    def values(self, entity: Entity, name: str) -> list[Any]:
        """All values of an entity for schema.org's property of this name, however the document calls it."""
        wanted = _OTHER_TERMS.get(name, _SCHEMA + name)
        found: list[Any] = []
        for key, value in entity.items():
            if not key.startswith("@") and (key == name or key in self.own) and self.expand(key) == wanted:
                found += [v for v in (value if isinstance(value, list) else [value]) if v is not None]
        return found

    def types(self, entity: Entity) -> set[str]:
        """The addresses of an entity's types."""
        kinds = entity.get("@type")
        return {self.expand(kind) or kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)}

    def is_a(self, entity: Entity, *names: str) -> bool:
        """Whether an entity has one of these types of schema.org."""
        return bool(self.types(entity) & {_SCHEMA + name for name in names})


@cache
def crate_terms() -> frozenset[str]:
    """The names that RO-Crate 1.1's own context defines."""
    text = files("micrarium.exchange").joinpath("ro_crate_terms.txt").read_text(encoding="utf-8")
    return frozenset(" ".join(line for line in text.splitlines() if not line.startswith("#")).split())


def _read(body: bytes, findings: Findings) -> dict[str, Any] | None:
    if not body.strip():
        findings.error(FILE_NAME, "The file is empty")
        return None
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        findings.error(FILE_NAME, f"This is no JSON: {describe_json_error(error)}")
        return None
    if not isinstance(document, dict):
        findings.error(FILE_NAME, "The document should be an object with @context and @graph")
        return None
    for key in ("@context", "@graph"):
        if key not in document:
            findings.error(FILE_NAME, f"{key} is missing")
    if "@graph" in document and not isinstance(document["@graph"], list):
        findings.error(FILE_NAME, "@graph should be a list")
    return document if "@context" in document and isinstance(document.get("@graph"), list) else None


def _read_entities(graph: list[Any], findings: Findings) -> dict[str, Entity] | None:
    found: dict[str, Entity] = {}
    for number, entity in enumerate(graph):
        if not isinstance(entity, dict) or not isinstance(entity.get("@id"), str):
            findings.error(FILE_NAME, f"Entity number {number} of @graph has no @id")
            return None
        name = entity["@id"]
        if "@type" not in entity:
            findings.error(FILE_NAME, f"{name} has no @type")
        for key, value in entity.items():
            for nested in _nested(value):
                if "@value" not in nested and ("@id" not in nested or len(nested) > 1):
                    findings.error(FILE_NAME, f"{name}: {key} holds an object; it should refer to one by @id alone")
        found[name] = found.get(name, {}) | entity
    return found


def _nested(value: Any) -> Iterator[Entity]:
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _nested(one)


def _check_terms(entities: dict[str, Entity], terms: Terms, findings: Findings) -> None:
    undefined: dict[str, int] = {}
    for entity in entities.values():
        for key in entity:
            if key not in _KEYWORDS and terms.expand(key) is None:
                undefined[key] = undefined.get(key, 0) + 1
    for key, count in undefined.items():
        times = "once" if count == 1 else f"{count} times"
        findings.error(FILE_NAME, f"The term {show(key)} is used {times}, but @context does not define it")


def _check_descriptor(entities: dict[str, Entity], terms: Terms, findings: Findings) -> Entity | None:
    """The root entity, found as the descriptor says; None when it is not to be found."""
    descriptor = entities.get(FILE_NAME) or next((e for i, e in entities.items() if i.endswith(("/" + FILE_NAME, ".jsonld"))), None)
    if descriptor is None:
        findings.error(FILE_NAME, f"@graph has no entity {FILE_NAME}, which should say what the root is")
        return None
    if not terms.is_a(descriptor, "CreativeWork"):
        findings.error(FILE_NAME, f"{descriptor['@id']} should be a CreativeWork")
    _check_profile(descriptor, terms, findings)
    about = [value["@id"] for value in terms.values(descriptor, "about") if isinstance(value, dict) and "@id" in value]
    if len(about) != 1:
        findings.error(FILE_NAME, f"{descriptor['@id']} should be about one entity, the root; it names {len(about)}")
        return None
    root = entities.get(about[0]) or entities.get(f"./{about[0]}")
    if root is None:
        findings.error(FILE_NAME, f"The root, {about[0]}, is not described")
    return root


def _check_profile(descriptor: Entity, terms: Terms, findings: Findings) -> None:
    profiles = [value.get("@id") for value in terms.values(descriptor, "conformsTo") if isinstance(value, dict)]
    versions = [found.group(1) for profile in profiles if isinstance(profile, str) and (found := _VERSION.fullmatch(profile))]
    if not versions:
        findings.error(FILE_NAME, f"{descriptor['@id']} should have conformsTo with the @id {PROFILE}")
    elif "1.1" not in versions:
        findings.warn(FILE_NAME, f"The crate is of version {versions[0]}; it was held to the rules of 1.1")


def _check_root(root: Entity, entities: dict[str, Entity], terms: Terms, findings: Findings) -> None:
    name = root["@id"]
    if not terms.is_a(root, "Dataset"):
        findings.error(FILE_NAME, f"The root, {name}, should be a Dataset")
    if not name.endswith("/"):
        findings.error(FILE_NAME, f"The @id of the root should end with a slash, not be {name}")
    for key in ("name", "description"):
        if not any(not isinstance(value, dict) or "@value" in value for value in terms.values(root, key)):
            findings.error(FILE_NAME, f"The root has no {key}")
    if not terms.values(root, "license"):
        findings.error(FILE_NAME, "The root has no license")
    dates = [value.get("@value") if isinstance(value, dict) else value for value in terms.values(root, "datePublished")]
    if not dates:
        findings.error(FILE_NAME, "The root has no datePublished")
    elif not all(isinstance(value, str) and _DATE.fullmatch(value) for value in dates):
        findings.error(FILE_NAME, f"datePublished of the root should be a date in ISO 8601, not {show(dates[0])}")
    for value in terms.values(root, "publisher"):
        publisher = entities.get(value.get("@id", "")) if isinstance(value, dict) else None
        if publisher is None or not terms.is_a(publisher, "Organization", "Person"):
            findings.error(FILE_NAME, "The publisher of the root should be an Organization or a Person that is described")
    for site in entities.values():
        if terms.is_a(site, "WebSite") and not terms.values(site, "name"):
            findings.error(FILE_NAME, f"The WebSite {site['@id']} has no name")


def _check_data_entities(
    root: Entity, entities: dict[str, Entity], terms: Terms, findings: Findings, *, has: Callable[[str], bool] | None
) -> None:
    reached = _reach_parts(root, entities, terms)
    local = root["@id"] + "#"
    for name in reached:
        if name.startswith("_:"):
            findings.error(FILE_NAME, f"hasPart names {name}; a part should have a path or an address as @id")
    for name, entity in entities.items():
        if entity is root or name.startswith(local) or not terms.is_a(entity, "Dataset", "MediaObject"):
            continue
        if name not in reached:
            findings.error(FILE_NAME, f"{name} should be linked from the root by hasPart")
        elif has is not None and not re.match(r"[A-Za-z][\w+.-]*:|[#/]|_:", name) and not has(unquote(name).removeprefix("./")):
            findings.error(FILE_NAME, f"{name} is not in the crate")


def _reach_parts(root: Entity, entities: dict[str, Entity], terms: Terms) -> set[str]:
    reached: set[str] = set()
    waiting = [root]
    while waiting:
        for value in terms.values(waiting.pop(), "hasPart"):
            name = value.get("@id") if isinstance(value, dict) else None
            if isinstance(name, str) and name not in reached:
                reached.add(name)
                waiting += [entities[name]] if name in entities else []
    return reached
