"""Names of files that say which plane each file is: tokens for time, z, channel, field and well, and what they make up.

Only tokens that clearly name an axis count: a letter or word glued to its number (``t001``, ``ch00``), never a number or
a letter alone. Files make up a sequence when their names differ in such tokens alone, and the numbers fill a grid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from micrarium.formats.plates.gathering import PICTURES
from micrarium.formats.plates.listings import Listing
from micrarium.formats.plates.wells import parse_well

_AXES = {
    "t": "t", "time": "t", "tp": "t", "timepoint": "t", "frame": "t",
    "z": "z", "slice": "z", "plane": "z",
    "c": "c", "ch": "c", "channel": "c", "w": "c", "wave": "c",
    "s": "f", "f": "f", "p": "f", "pos": "f", "position": "f", "xy": "f", "field": "f", "fov": "f", "site": "f",
}  # fmt: skip
_TOKEN = re.compile(r"([A-Za-z]+)([0-9]+)")
_PART = re.compile(r"[A-Za-z0-9]+")
_WELL_PART = re.compile(r"[A-P](?:0[1-9]|1[0-9]|2[0-4])")
#: A well, field and dye glued together, as CellProfiler's examples and the robots before them name files.
_WELL_FIELD_DYE = re.compile(r"([A-P](?:0[1-9]|1[0-9]|2[0-4]))f([0-9]{2})d([0-9])")
_WELL_NUMBER = re.compile(r"W([0-9]{4,5})")
#: MetaMorph writes the name of a wavelength behind its number: ``w1Conf488``.
_NAMED_WAVE = re.compile(r"w([0-9])[A-Za-z][A-Za-z0-9]*")
#: Whole names of known software, by what their groups mean.
_KNOWN = (
    re.compile(
        r"(?P<well>r[0-9]{2}c[0-9]{2})f(?P<f>[0-9]{2,})p(?P<z>[0-9]{2,})-ch(?P<c>[0-9]{1,2})sk(?P<t>[0-9]+)fk[0-9]+fl[0-9]+"
    ),
    re.compile(
        r"(?P<rest>.+)_(?P<well>[A-Z]{1,2}[0-9]{2})_T(?P<t>[0-9]{4})F(?P<f>[0-9]{3})L[0-9]{2}A[0-9]{2}Z(?P<z>[0-9]{2})C(?P<c>[0-9]{2})"
    ),
    re.compile(r"(?P<rest>img)_(?P<t>[0-9]{9})_(?P<c>.*)_(?P<z>[0-9]{3})"),
    re.compile(r"(?P<rest>img)_channel(?P<c>[0-9]{3})_position(?P<f>[0-9]{3})_time(?P<t>[0-9]{9})_z(?P<z>[0-9]{3})"),
)
_HARMONY_WELL = re.compile(r"r([0-9]{2})c([0-9]{2})")

#: The part of a grid that has to be there.
_LEAST_FILLED = 0.9
_MOST_CHANNELS = 12
#: Numbers of one digit may number anything; so many of them in a row are planes.
_LEAST_UNPADDED = 5


class Token(NamedTuple):
    """A part of a name that says where a plane belongs: the axis (t, z, c, f, well or number of a well), and its text."""

    axis: str
    text: str
    value: str
    start: int
    end: int


class SplitName(NamedTuple):
    """A name as its tokens and, with marks in their places, what is left; names of one sequence leave the same."""

    name: str
    skeleton: str
    tokens: tuple[Token, ...]
    is_known: bool = False


class Member(NamedTuple):
    """A file of a sequence: the image it belongs to (well, number of the well, field), and its numbers."""

    name: str
    image: tuple[str, ...]
    t: int
    c: str
    z: int


@dataclass(frozen=True, slots=True)
class NamedSequence:
    """Files of a folder that make up images, by their names alone."""

    members: tuple[Member, ...]
    is_plate: bool
    #: What the names have in common, without the tokens.
    title: str


def split_name(name: str) -> SplitName | None:
    """The tokens of a file's name; None for a name without any, or of no picture."""
    stem, dot, suffix = name.rpartition(".")
    if not dot or f".{suffix.lower()}" not in PICTURES or stem.lower().endswith(".ome"):
        return None
    for number, pattern in enumerate(_KNOWN):
        if found := pattern.fullmatch(stem):
            groups = [axis for axis in ("well", "f", "t", "z", "c") if axis in pattern.groupindex]
            tokens = tuple(Token(axis, found[axis], found[axis], found.start(axis), found.end(axis)) for axis in groups)
            rest = found["rest"] if "rest" in pattern.groupindex else ""
            return SplitName(name, f"{number}\0{rest}\0{suffix.lower()}", tokens, is_known=True)
    tokens = tuple(_last_of_each(list(_tokens(stem))))
    if not tokens:
        return None
    skeleton, place = "", 0
    for token in tokens:
        skeleton += f"{stem[place : token.start]}\0{token.axis}\0"
        place = token.end
    return SplitName(name, f"{skeleton}{stem[place:]}\0{suffix.lower()}", tokens)


def _tokens(stem: str) -> Iterator[Token]:
    """The tokens of a name in their order; a part that is not made of tokens alone has none."""
    for part in _PART.finditer(stem):
        text, start = part[0], part.start()
        if found := _WELL_FIELD_DYE.fullmatch(text):
            for own, group, letters in (("well", 1, 0), ("f", 2, 1), ("c", 3, 1)):
                begin, end = found.start(group) - letters, found.end(group)
                yield Token(own, text[begin:end], found[group], start + begin, start + end)
        elif _WELL_PART.fullmatch(text):
            yield Token("?", text, text, start, part.end())
        elif found := _WELL_NUMBER.fullmatch(text):
            yield Token("number", text, found[1], start, part.end())
        elif found := _NAMED_WAVE.fullmatch(text):
            yield Token("c", text, found[1], start, part.end())
        else:
            found_all = list(_TOKEN.finditer(text))
            axes = [_AXES.get(one[1].lower()) for one in found_all]
            if "".join(one[0] for one in found_all) == text and all(axes):
                for one, axis in zip(found_all, axes, strict=True):
                    yield Token(str(axis), one[0], one[2], start + one.start(), start + one.end())


def _last_of_each(tokens: list[Token]) -> Iterator[Token]:
    """Of several tokens for one axis the last; what may be a well or another axis is settled by what else there is."""
    settled = [token if token.axis != "?" else _settle(token, tokens) for token in tokens]
    last = {token.axis: place for place, token in enumerate(settled)}
    yield from (token for place, token in enumerate(settled) if last[token.axis] == place)


def _settle(token: Token, tokens: Sequence[Token]) -> Token:
    """``C01`` is a channel unless another token is one, or it stands before further tokens and is as good a well; B03 is a well."""
    axis = _AXES.get(token.text[0].lower())
    axes = [other.axis for other in tokens]
    maybes = [other for other in tokens if other.axis == "?"]
    is_axis = axis is not None and axis not in axes and (len(maybes) == 1 or token is not maybes[0])
    is_upright_well = axis in (None, "f") and len(tokens) > 1
    if is_axis and not is_upright_well:
        return token._replace(axis=str(axis), value=token.text[1:])
    return token._replace(axis="well")


def find_sequences(listing: Listing) -> dict[str, NamedSequence]:
    """The sequences in a folder by the names of their files; looked at once for a listing."""
    return listing.derive("sequences", _find_sequences)


def _find_sequences(listing: Listing) -> dict[str, NamedSequence]:
    groups: dict[str, list[SplitName]] = {}
    for name in listing.files:
        split = split_name(name)
        if split is not None:
            groups.setdefault(split.skeleton, []).append(split)
    _join_wells(groups)
    found: dict[str, NamedSequence] = {}
    for group in groups.values():
        sequence = _as_sequence(group) if len(group) > 1 else None
        if sequence is not None:
            found |= dict.fromkeys((member.name for member in sequence.members), sequence)
    return found


def _join_wells(groups: dict[str, list[SplitName]]) -> None:
    """Put C01 to the wells where B01 is in the same place of other names; and take P01, P02, ... for positions where none is."""
    for skeleton in [skeleton for skeleton in groups if "\0c\0" in skeleton and "\0well\0" not in skeleton]:
        as_well = skeleton.replace("\0c\0", "\0well\0")
        if as_well in groups and all(_WELL_PART.fullmatch(_text_of(split, "c")) for split in groups[skeleton]):
            groups[as_well] += [_renamed(split, "c", "well", as_well) for split in groups.pop(skeleton)]
    for skeleton, group in groups.items():
        if "\0well\0" in skeleton and "\0f\0" not in skeleton and all(_text_of(one, "well").startswith("P") for one in group):
            groups[skeleton] = [_renamed(split, "well", "f", skeleton) for split in group]


def _text_of(split: SplitName, axis: str) -> str:
    return next((token.text for token in split.tokens if token.axis == axis), "")


def _renamed(split: SplitName, axis: str, new: str, skeleton: str) -> SplitName:
    """The same name with a token taken for something else."""
    tokens = tuple(
        token if token.axis != axis else token._replace(axis=new, value=token.text if new == "well" else token.text[1:])
        for token in split.tokens
    )
    return split._replace(tokens=tokens, skeleton=skeleton)


def _as_sequence(group: Sequence[SplitName]) -> NamedSequence | None:
    """The sequence that names with the same skeleton make up, None where the evidence is weak."""
    values = {axis: {token.value for split in group for token in split.tokens if token.axis == axis} for axis in _all_axes(group)}
    is_plate = "well" in values and ("f" in values or "c" in values)
    varying = [axis for axis in ("t", "z", "c") if len(values.get(axis, ())) > 1]
    if not varying and not (is_plate and len(values["well"]) > 1):
        return None
    is_known = group[0].is_known
    if not is_known and not all(_is_numbering(axis, values[axis]) for axis in varying):
        return None
    members = tuple(_member(split) for split in group)
    images = {member.image for member in members}
    sizes = [len({getattr(member, axis) for member in members}) for axis in "tcz"]
    total = len(images) * sizes[0] * sizes[1] * sizes[2]
    places = {(member.image, member.t, member.c, member.z) for member in members}
    if len(places) < len(members) or len(members) < total * _LEAST_FILLED:
        return None
    return NamedSequence(tuple(sorted(members)), is_plate or (is_known and "well" in values), _title(group[0]))


def _all_axes(group: Sequence[SplitName]) -> list[str]:
    return [token.axis for token in group[0].tokens]


def _is_numbering(axis: str, values: set[str]) -> bool:
    """Whether these number the planes along an axis: one after the other, and not a few single digits that may mean anything."""
    numbers = sorted({int(value) for value in values})
    span = numbers[-1] - numbers[0] + 1
    if len(numbers) < span * _LEAST_FILLED or len(numbers) < len(values):
        return False
    if axis == "c":
        return numbers[0] <= 1 and len(numbers) <= _MOST_CHANNELS
    return min(map(len, values)) > 1 or len(numbers) >= _LEAST_UNPADDED


def _member(split: SplitName) -> Member:
    value = {token.axis: token.value for token in split.tokens}
    text = {token.axis: token.text for token in split.tokens}
    channel = f"C{text['c']}" if text.get("c", "").isdigit() else text.get("c", "")
    image = (_well(value.get("well", "")), value.get("number", ""), value.get("f", ""))
    return Member(split.name, image, int(value.get("t", 0)), channel, int(value.get("z", 0)))


def _well(text: str) -> str:
    """A well by its name; Harmony writes its row and column in numbers."""
    found = _HARMONY_WELL.fullmatch(text)
    return f"{chr(ord('A') - 1 + min(26, int(found[1])))}{found[2]}" if found and int(found[1]) else text


def _title(split: SplitName) -> str:
    """What a name says beside its tokens."""
    stem = split.name.rpartition(".")[0]
    if split.is_known:
        return split.skeleton.split("\0")[1] or stem
    pieces, place = [], 0
    for token in sorted(split.tokens, key=lambda one: one.start):
        pieces.append(stem[place : token.start])
        place = token.end
    kept = [piece.strip("_-. ") for piece in [*pieces, stem[place:]]]
    return "_".join(piece for piece in kept if piece) or stem


def well_of(member: Member) -> tuple[int, int] | None:
    """The row and column of a member's well."""
    return parse_well(member.image[0])
