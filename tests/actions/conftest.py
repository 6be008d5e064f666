"""Fixtures of the tests of actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from micrarium.actions.demonstrating import DemoFile, write_demo_files


@pytest.fixture(scope="session")
def demo_progress() -> list[tuple[str, float]]:
    """What was told while the demo files were written: which file, and the part of all that was done."""
    return []


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the demo files are in; only ``demo`` says when they are."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def demo(demo_folder: Path, demo_progress: list[tuple[str, float]]) -> dict[str, DemoFile]:
    """All demo files by name, written once."""
    made = write_demo_files(demo_folder, progress=lambda part, name: demo_progress.append((name, part)))
    return {file.path.name: file for file in made}
