"""What the README and the guides name is there: commands, options, verbs, files, settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from micrarium.cli.commands import app
from micrarium.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Variables that are no settings of a server: those of scripts, of tests, and of people who look for an error.
OTHER_VARIABLES = {"MICRARIUM_URL", "MICRARIUM_TOKEN", "MICRARIUM_SAMPLES", "MICRARIUM_DEBUG"}


def find_code(page: Path) -> Iterator[str]:
    """Every line of code and every piece of inline code of a page."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def find_calls(page: Path) -> Iterator[list[str]]:
    """Every call of ``micrarium`` on a page, as words."""
    for code in find_code(page):
        for call in re.split(r"[|;&]+", code.removeprefix("$ ").split("#")[0]):
            words = call.split()
            if "micrarium" in words[:2] and len(words) > words.index("micrarium") + 1:
                try:
                    yield shlex.split(call)[words.index("micrarium") + 1 :]
                except ValueError:
                    continue


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_on_a_page_exists(page: Path) -> None:
    for words in find_calls(page):
        command: Any = get_command(app)
        called = ["micrarium"]
        while (
            getattr(command, "commands", None)
            and words
            and not words[0].startswith("-")
            and words[0].isalpha()
            and words[0].islower()
        ):
            assert words[0] in command.commands, f"{page.name}: there is no `{' '.join([*called, words[0]])}`"
            command, called = command.commands[words[0]], [*called, words.pop(0)]
        known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0] in known | {"--help"}, f"{page.name}: {' '.join(called)} has no {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_verb_of_make_on_a_page_exists(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for code in find_code(page):
        for verb in re.findall(r"^(?:\$ )?make ([a-z]+)", code):
            assert verb in verbs, f"{page.name}: make has no verb {verb}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:|#", target):
            assert (page.parent / target.split("#")[0]).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_variable_on_a_page_is_a_setting(page: Path) -> None:
    known = {f"MICRARIUM_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    assert set(re.findall(r"MICRARIUM_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8"))) <= known


def test_the_main_verbs_are_in_the_makefile_and_the_gate_runs_check_and_test() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for verb in ("demo", "test", "check", "web", "bench", "docs", "soak"):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE)
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make check" in gate
    assert "make test" in gate
