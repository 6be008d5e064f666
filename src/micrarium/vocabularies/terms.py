"""Ontology terms: every usual spelling of an id made one PURL, and a starter table of terms found by label or synonym.

The starter table (``starter_terms.tsv``) was put together by hand: common organisms (NCBI Taxonomy), imaging methods
(FBbi) and topics (EDAM-Bioimaging). Whole ontologies are loaded into a database elsewhere; this works without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

OBO = "http://purl.obolibrary.org/obo/"
EDAM = "http://edamontology.org/"

#: What the starter table tells apart.
Kind = Literal["organism", "imaging method", "topic"]

#: OBO prefixes as their ontologies write them.
_PREFIXES = (
    "NCBITaxon", "FBbi", "FBbt", "FBcv", "FBdv", "GO", "CL", "UBERON", "CHEBI", "PATO", "OBI", "BTO", "CLO", "DOID", "HP", "MP",
    "WBbt", "WBls", "ZFA", "ZFS", "EMAPA", "MA", "SO", "PR", "NCIT", "HSO", "MONDO", "ENVO", "PO", "TO", "RO", "BFO", "IAO", "ECO",
    "MI", "MOD", "UO", "OMIT", "DDANAT", "XAO", "CARO", "BSPO", "PW", "SBO", "CMPO", "OHMI", "GAZ", "VO", "IDO",
)  # fmt: skip
_BY_LOWER = {prefix.lower(): prefix for prefix in _PREFIXES}

_TAXON = re.compile(r"(?i)(?:ncbi[ :_]*tax(?:on|id|_?id)?|ncbi\s*:\s*txid|txid|tax(?:on|onomy|_?id)?)\s*[:_ ]?\s*(\d+)")
_TAXON_ADDRESS = re.compile(
    r"(?i)https?://[^ ]*(?:ncbi\.nlm\.nih\.gov/taxonomy|identifiers\.org/(?:taxonomy|ncbitaxon)|uniprot\.org/taxonomy)[^ ]*?(\d+)/?"
)
_OBO_ADDRESS = re.compile(r"(?i)https?://(?:www\.)?(?:purl\.obolibrary\.org/obo/|purl\.org/obo/owl/\w+#)([a-z]+)[_:](\w+)")
_PREFIXED = re.compile(r"(?i)(?:obo\s*:\s*)?([a-z]+)\s*[:_]\s*(\d+)")
_EDAM = re.compile(
    r"(?i)(?:https?://(?:www\.)?edamontology\.org/|EDAM(?:[-_]BIOIMAGING)?\s*:\s*)((?:topics?|operation|data|format)_\w[\w%-]*)"
)

#: Digits in an id of these ontologies; shorter numbers are filled up with zeros.
_DIGITS = {"FBbi": 8, "FBbt": 8, "GO": 7, "CL": 7, "UBERON": 7, "PATO": 7, "OBI": 7, "BTO": 7, "CLO": 7, "HP": 7, "MP": 7}


@dataclass(frozen=True, slots=True)
class Term:
    """One term: its PURL, its label, other names for it, and the PURLs of its nearest parents in the starter table."""

    purl: str
    label: str
    kind: Kind
    synonyms: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()

    @property
    def curie(self) -> str:
        """The term's short form, such as ``NCBITaxon:9606``."""
        return shorten_term(self.purl)


def normalise_term(text: str) -> str | None:
    """The PURL that a spelling of a term's id stands for, or None where it is no id of a known vocabulary.

    Takes ``NCBI:txid9606``, ``NCBITaxon_9606``, ``NCBITaxon:9606``, ``FBbi:00000246``, ``obo:FBbi_00000246``, EDAM's ids,
    and full addresses of OBO, EDAM, NCBI, UniProt and identifiers.org.
    """
    text = text.strip().strip("<>")
    if found := _EDAM.fullmatch(text):
        return EDAM + found.group(1)
    if found := _OBO_ADDRESS.fullmatch(text):
        return _obo_purl(found.group(1), found.group(2))
    if found := _TAXON.fullmatch(text.removeprefix("obo:")) or _TAXON_ADDRESS.fullmatch(text):
        return f"{OBO}NCBITaxon_{int(found.group(1))}"
    if (found := _PREFIXED.fullmatch(text)) and found.group(1).lower() in _BY_LOWER:
        return _obo_purl(found.group(1), found.group(2))
    return None


def _obo_purl(prefix: str, number: str) -> str:
    prefix = _BY_LOWER.get(prefix.lower(), prefix)
    return f"{OBO}{prefix}_{number.zfill(_DIGITS.get(prefix, 0))}"


def shorten_term(purl: str) -> str:
    """The short form of a PURL: ``NCBITaxon:9606``, ``FBbi:00000246``, ``EDAM:topic_3382``; other text as it is."""
    if purl.startswith(OBO):
        return purl.removeprefix(OBO).replace("_", ":", 1)
    if purl.startswith(EDAM):
        return "EDAM:" + purl.removeprefix(EDAM)
    return purl


def find_term(text: str, *, kind: Kind | None = None) -> Term | None:
    """The starter term that a label, a synonym or any spelling of an id names, without regard to case, or None.

    ``kind`` keeps to organisms, imaging methods or topics; without it the first of them in this order is taken.
    ``Homo sapiens (human)`` and ``human (Homo sapiens)`` are understood as well.
    """
    kinds: tuple[Kind, ...] = (kind,) if kind else ("organism", "imaging method", "topic")
    purl = normalise_term(text)
    for name in (purl,) if purl else _readings(text):
        for each in kinds:
            if found := _index().get((each, name)):
                return found
    return None


def describe_term(text: str, *, kind: Kind | None = None) -> tuple[str | None, str]:
    """The PURL and the label of what a person or a file wrote; the PURL is None where no term is recognised.

    An id that is not in the starter table keeps its PURL and has its short form as label.
    """
    if found := find_term(text, kind=kind):
        return found.purl, found.label
    purl = normalise_term(text)
    return purl, shorten_term(purl) if purl else text.strip()


def starter_terms(kind: Kind | None = None) -> Iterable[Term]:
    """The terms of the starter table, all or of one kind, in the table's order."""
    return (term for term in _terms() if kind is None or term.kind == kind)


def narrower_terms(purl: str) -> set[str]:
    """PURLs of all starter terms below a term, itself included."""
    found, waiting = {purl}, [purl]
    while waiting:
        above = waiting.pop()
        below = {term.purl for term in _terms() if above in term.parents} - found
        found |= below
        waiting.extend(below)
    return found


def _readings(text: str) -> Iterable[str]:
    """The ways to read a name: as it is, without what stands in brackets, and what stands in brackets."""
    yield _folded(text)
    if found := re.fullmatch(r"(.+?)\s*\(([^()]+)\)\s*", text):
        yield _folded(found.group(1))
        yield _folded(found.group(2))


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("’", "'").split())


@cache
def _terms() -> tuple[Term, ...]:
    lines = files("micrarium.vocabularies").joinpath("starter_terms.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_parse_line(line) for line in lines[1:] if line)


def _parse_line(line: str) -> Term:
    kind, identifier, label, synonyms, parents = line.split("\t")
    purls = tuple(purl for name in parents.split("|") if name and (purl := normalise_term(name)))
    purl = normalise_term(identifier)
    if purl is None or kind not in ("organism", "imaging method", "topic"):
        raise ValueError(f"The starter table has a line that cannot be understood: {line}")
    return Term(purl, label, kind, tuple(s for s in synonyms.split("|") if s), purls)  # type: ignore[arg-type]  # checked above


@cache
def _index() -> dict[tuple[str, str], Term]:
    found: dict[tuple[str, str], Term] = {}
    for term in _terms():
        found[term.kind, term.purl] = term
        found.setdefault((term.kind, _folded(term.label)), term)
    for term in _terms():  # labels win over synonyms
        for name in term.synonyms:
            found.setdefault((term.kind, _folded(name)), term)
    return found
