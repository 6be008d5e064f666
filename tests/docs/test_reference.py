"""The reference leaves nothing out and is what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.main import get_command

from micrarium import model
from micrarium.cli.commands import app
from micrarium.errors import MicrariumError, all_errors
from micrarium.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def read(name: str) -> str:
    """The text of one page of the reference."""
    return (REFERENCE / name).read_text(encoding="utf-8")


def load_make_docs() -> ModuleType:
    """The script that writes the generated pages."""
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_generated_page_is_current() -> None:
    for name, text in load_make_docs().make_pages().items():
        assert read(name) == text, f"docs/reference/{name} is stale; run `make docs`"


def test_a_stale_page_is_noticed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tool = load_make_docs()
    monkeypatch.setattr("sys.argv", ["make_docs.py", "--check"])
    monkeypatch.setattr(tool, "PAGES", {"errors.md": lambda: "another text"})
    assert tool.main() == 1
    assert "errors.md" in capsys.readouterr().out


def test_every_setting_is_documented_with_a_meaning() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, f"the setting {name} has no description"
        assert f"MICRARIUM_{name.upper()}" in read("settings.md")


def test_every_error_is_documented_with_its_status() -> None:
    lines = read("errors.md").splitlines()
    for slug, kind in all_errors().items():
        if kind.__module__ != MicrariumError.__module__:
            # What a room has for itself is met outside as the documented class it is a kind of.
            outside = next(base for base in kind.__mro__ if base.__module__ == MicrariumError.__module__)
            assert outside is not MicrariumError
            continue
        (line,) = [line for line in lines if line.startswith(f"| `{kind.__name__}` |")]
        assert f"`/problems/{slug}` | {kind.status} | {kind.exit_code} |" in line


def find_commands(command: Any, path: str) -> dict[str, Any]:
    """Every command below one, by its full name."""
    found: dict[str, Any] = {}
    for name, child in getattr(command, "commands", {}).items():
        found |= {f"{path} {name}": child, **find_commands(child, f"{path} {name}")}
    return found


def test_every_command_is_documented_and_shows_examples() -> None:
    text = read("commands.md")
    for path, command in find_commands(get_command(app), "micrarium").items():
        assert f"\n## {path}\n" in text
        assert command.help, f"{path} says nothing about itself"
        assert getattr(command, "commands", None) or "Examples" in (command.epilog or ""), f"{path} shows no example"


def test_every_entity_is_in_the_generated_table() -> None:
    text = read("entities.md")
    for mapper in model.Base.registry.mappers:
        if issubclass(mapper.class_, model.Entity):
            name = mapper.class_.__name__
            assert f"\n## {name}\n" in text or f"| `{name}` |" in text, f"{name} is in no table"
            assert mapper.class_.__doc__
