"""Import targets as OMERO's command line has them: ``Dataset:12``, ``Project:name:P/Dataset:name:D``, ``regex:PATTERN``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.actions.filing import Choice, Filing, Named, Pick, name_of
from micrarium.errors import InvalidInput
from micrarium.formats.path_patterns import compile_pattern

if TYPE_CHECKING:
    from micrarium.formats.trying import Trial

_PICKS: dict[str, Pick] = {"": "newest", "+": "newest", "-": "oldest", "%": "unique", "@": "new"}
_STEP = re.compile(r"(?P<kind>Project|Dataset|Screen):(?:(?P<by>id|[-+%@]?name):)?(?P<value>.*)", re.DOTALL)
_REGEX = re.compile(r"regex:(?:(?P<qualifier>[-+%@]?)name:)?(?P<pattern>.*)", re.DOTALL)
#: Where the dataset in a project begins: names may hold slashes.
_BELOW = re.compile(r"/(?=Dataset:)")
#: Far longer than any pattern needs that ends, with the start of the process that matches it.
_MATCHING_S = 20.0
EXAMPLES = "Dataset:12, Dataset:name:Mitosis, Project:name:Thesis/Dataset:name:Mitosis, Screen:name:Drugs or regex:PATTERN"


@dataclass(frozen=True, slots=True)
class Target:
    """Where an import goes: containers, or a pattern that finds their name in the path of each fileset."""

    project: Choice = None
    dataset: Choice = None
    screen: Choice = None
    pattern: str | None = None
    pick: Pick = "newest"

    @property
    def filing(self) -> Filing:
        """The containers where no pattern is asked."""
        return Filing(self.project, self.dataset, self.screen)


def parse_target(text: str) -> Target:
    """The target that a text names. Raises ``InvalidInput`` for one that names none."""
    if (found := _REGEX.fullmatch(text)) is not None:
        compile_pattern(found["pattern"])
        return Target(pattern=found["pattern"], pick=_PICKS[found["qualifier"] or ""])
    steps = dict(_parse_step(part, text) for part in _BELOW.split(text, maxsplit=1))
    if list(steps) not in (["project", "dataset"], ["dataset"], ["screen"]):
        raise _unknown(text)
    return Target(steps.get("project"), steps.get("dataset"), steps.get("screen"))


def _parse_step(part: str, text: str) -> tuple[str, Choice]:
    found = _STEP.fullmatch(part)
    if found is None:
        raise _unknown(text)
    by, value = found["by"] or "id", _unquote(found["value"])
    if by != "id":
        if not value.strip():
            raise InvalidInput(f"The target {text!r} has a name with nothing in it", field="target")
        return found["kind"].lower(), Named(value, _PICKS[by.removesuffix("name")])
    if not (value.isascii() and value.isdecimal()):
        raise InvalidInput(f"{value!r} in the target {text!r} is no number; a name is {found['kind']}:name:{value}", field="target")
    return found["kind"].lower(), int(value)


def _unknown(text: str) -> InvalidInput:
    return InvalidInput(f"{text!r} is no target; there are {EXAMPLES}", field="target")


def _unquote(text: str) -> str:
    """A name without the quotes around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


class Matching:
    """Matches targets' patterns, which are strangers', in a process that can be given up; each folder once."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._names: dict[tuple[str, Path], str] = {}
        self._endless: set[str] = set()

    def find_filing(self, target: Target, folder: Path) -> Filing:
        """The containers for a fileset that lies in a folder. Raises ``InvalidInput`` where the pattern finds no name in it."""
        if target.pattern is None:
            return target.filing
        name = self._find_name(target.pattern, folder)
        if not name:
            raise InvalidInput(f"The pattern {target.pattern!r} finds no name in the folder {folder}", field="target")
        named = Named(name, target.pick)
        return Filing(dataset=named, screen=named)

    def _find_name(self, pattern: str, folder: Path) -> str:
        from micrarium.formats.trying import DeadlyFile

        if pattern not in self._endless and (pattern, folder) not in self._names:
            usual = self._trial.timeout_s
            self._trial.timeout_s = min(usual, _MATCHING_S)
            try:
                name = self._trial.call("micrarium.formats.path_patterns:match_container", folder, pattern=pattern)
                self._names[pattern, folder] = name
            except DeadlyFile:
                self._endless.add(pattern)  # it is not tried for every folder
            finally:
                self._trial.timeout_s = usual
        if pattern in self._endless:
            raise InvalidInput(f"The pattern {pattern!r} takes too long to match {folder}", field="target")
        return self._names[pattern, folder]


def tell_target(target: Target, folder: Path, matching: Matching) -> str:
    """Where files of a folder would go, in words."""
    filing = matching.find_filing(target, folder)
    chosen = (("project", filing.project), ("dataset", filing.dataset), ("screen", filing.screen))
    named = [(kind, choice if isinstance(choice, int) else name_of(choice)) for kind, choice in chosen if choice is not None]
    if target.pattern is not None:
        return f"dataset or screen {named[0][1]}"
    return " / ".join(f"{kind}:{name}" if isinstance(name, int) else f"{kind} {name}" for kind, name in named)
