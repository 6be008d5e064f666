"""What a check finds: problems with a place and a sentence, and a cursor that reports what is not as it should be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]

_KINDS: dict[str, tuple[type, ...]] = {
    "an object": (dict,),
    "a list": (list,),
    "a text": (str,),
    "a number": (int, float),
    "a whole number": (int,),
    "true or false": (bool,),
}
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: how grave it is, the file or group it is in, and a sentence."""

    severity: Severity
    path: str
    sentence: str


class Findings:
    """Collects problems; the same one is kept once, and no more than a person can use."""

    most = 1000

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self.is_cut = False

    @property
    def problems(self) -> list[Problem]:
        """The problems in the order they were found."""
        return list(self._problems)

    def error(self, path: str, sentence: str) -> None:
        """Something that breaks the specification or cannot be read."""
        self._add(Problem("error", path, sentence))

    def warn(self, path: str, sentence: str) -> None:
        """Something that is allowed, but will surprise somebody."""
        self._add(Problem("warning", path, sentence))

    def _add(self, problem: Problem) -> None:
        if len(self._problems) < self.most:
            self._problems[problem] = None
        elif not self.is_cut:
            self.is_cut = True
            self._problems[Problem("error", "", f"There are more problems; the first {self.most} are listed.")] = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A value inside a JSON document, where it stands, and where to report what is wrong with it."""

    findings: Findings
    path: str
    where: str
    value: Any

    def error(self, sentence: str) -> None:
        """Report an error about this value."""
        self.findings.error(self.path, f"{self.where} {sentence}")

    def warn(self, sentence: str) -> None:
        """Report a warning about this value."""
        self.findings.warn(self.path, f"{self.where} {sentence}")

    def get(self, key: str, kind: str, *, is_required: bool = False) -> Cursor | None:
        """The member of this object, or None when it is missing or not of this kind (which is reported)."""
        where = f"{self.where}.{key}" if self.where else key
        if not isinstance(self.value, dict) or key not in self.value:
            if is_required:
                self.findings.error(self.path, f"{where} is missing")
            return None
        return Cursor(self.findings, self.path, where, self.value[key]).checked(kind)

    def checked(self, kind: str) -> Cursor | None:
        """This cursor when its value is of this kind; otherwise the difference is reported and None comes back."""
        if is_kind(self.value, kind):
            return self
        self.error(f"should be {kind}, not {show(self.value)}")
        return None

    def items(self, kind: str) -> Iterator[Cursor]:
        """Cursors over the entries of this list that are of this kind; others are reported."""
        for number, value in enumerate(self.value):
            if entry := Cursor(self.findings, self.path, f"{self.where}[{number}]", value).checked(kind):
                yield entry

    def numbers(self) -> list[float] | None:
        """The numbers of this list, or None when there is something else in it (which is reported)."""
        values = [entry.value for entry in self.items("a number")]
        return values if len(values) == len(self.value) else None

    def check_unique(self) -> None:
        """Report entries of this list that are there twice."""
        seen: list[Any] = []
        for number, value in enumerate(self.value):
            if value in seen:
                self.error(f"has the same entry twice: number {seen.index(value)} and number {number}")
                return
            seen.append(value)


def is_kind(value: Any, kind: str) -> bool:
    """Whether a JSON value is of a kind; ``true`` is no number, NaN is none either, 2.0 is a whole number."""
    if isinstance(value, bool):
        return kind == "true or false"
    if isinstance(value, float):
        return math.isfinite(value) and (kind == "a number" or (kind == "a whole number" and value.is_integer()))
    return isinstance(value, _KINDS[kind])


def show(value: Any) -> str:
    """A value as a sentence can show it: short, on one line."""
    text = {True: "true", False: "false", None: "null"}.get(value) if value is None or isinstance(value, bool) else repr(value)
    text = str(text)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
