"""Recognising what names no person: the models and makers of microscopes and their parts, and words of OME's lists."""

from __future__ import annotations

import re
from functools import lru_cache

from micrarium.model import Base
from micrarium.model.enumerations import SEEDS

#: The words that models of microscopes and objectives, and the names of their makers, are made of.
_EQUIPMENT = frozenset({
    "carl", "zeiss", "leica", "microsystems", "nikon", "olympus", "evident", "hamamatsu", "aperio", "yokogawa", "perkinelmer",
    "revvity", "molecular", "devices", "andor", "3dhistech", "ventana", "roche", "philips", "motic", "mitutoyo", "gmbh", "ag",
    "lsm", "axio", "axiovert", "axioplan", "axioskop", "axioscan", "observer", "imager", "examiner", "scan", "celldiscoverer",
    "lattice", "lightsheet", "elyra", "airyscan", "tcs", "sp2", "sp5", "sp8", "stellaris", "dmi", "dmi8", "dmi6000", "dmi6000b",
    "dm6", "thunder", "eclipse", "ti", "ti2", "ti2e", "te2000", "ni", "n", "e", "a1", "a1r", "ax", "axr", "ix71", "ix73", "ix81",
    "ix83", "bx51", "bx53", "bx61", "fv1000", "fv1200", "fv3000", "fv4000", "vs120", "vs200", "nanozoomer", "s60", "s210",
    "s360", "scanscope", "at2", "gt450", "cs2", "cv7000", "cv8000", "opera", "operetta", "phenix", "cls", "plus", "imagexpress",
    "micro", "confocal", "dragonfly", "pannoramic", "digital", "pathology", "z1", "z2", "m1", "m2", "d1", "a2", "7", "510",
    "700", "710", "780", "800", "880", "900", "980", "inverted", "upright", "plan", "apo", "apochromat", "achromat", "achroplan",
    "fluor", "fluar", "neofluar", "fluotar", "ec", "c", "lci", "ld", "lcd", "w", "hc", "hcx", "pl", "cs", "corr", "cfi", "s",
    "uplsapo", "uplfln", "uplxapo", "uplansapo", "uplanfl", "uapo", "lumplfln", "lambda", "super", "vc", "oil", "water", "imm",
    "glyc", "glycerol", "air", "dry", "dic", "iii", "ii", "i", "ph", "ph1", "ph2", "ph3", "m27", "na", "wd", "vis", "ir", "uv",
    "x", "objective", "h", "d", "o", "l",
})  # fmt: skip
#: Magnifications and apertures: ``63x``, ``1.40``, ``40``.
_LENS_NUMBER = re.compile(r"\d{1,3}([.,]\d{1,2})?x?|[01][.,]\d{1,3}")


def is_equipment(text: str) -> bool:
    """Whether a text names a model or a maker of microscopes, all words of it (``Plan-Apochromat 63x/1.40 Oil DIC M27``)."""
    words = re.findall(r"\d+[.,]\d+x?|[^\W_]+", text)
    is_plain = not re.search(r"[^\w\s()./,+-]", text)
    return is_plain and any(word.lower() in _EQUIPMENT for word in words) and all(_is_equipment_word(word) for word in words)


def _is_equipment_word(word: str) -> bool:
    return word.lower() in _EQUIPMENT or _LENS_NUMBER.fullmatch(word) is not None


@lru_cache
def _listed_values() -> dict[str, frozenset[str]]:
    """The values of the lists that columns take theirs from, by the names of the columns."""
    found: dict[str, set[str]] = {}
    for mapper in Base.registry.mappers:
        for column in mapper.columns:
            if (enumeration := column.info.get("enumeration")) is not None:
                found.setdefault(column.key, set()).update(SEEDS[enumeration])
    return {name: frozenset(values) for name, values in found.items()}


def is_listed(column: str, text: str) -> bool:
    """Whether a text is of the list that a column takes its values from."""
    return text in _listed_values().get(column, ())


@lru_cache
def _words() -> frozenset[str]:
    kinds = {kind for mapper in Base.registry.mappers if mapper.polymorphic_identity for kind in [mapper.polymorphic_identity]}
    return frozenset(kinds | {value for values in SEEDS.values() for value in values})


def is_word_of_a_list(text: str) -> bool:
    """Whether a text is a word of any list, or the name of a kind of what there are several kinds of."""
    return text in _words()
