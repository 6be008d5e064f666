"""Demo data: drawn, written as real files, imported as anybody's files are, and described."""

from micrarium.actions.demonstrating.describing import DemoFile, Outline
from micrarium.actions.demonstrating.making import make_demo
from micrarium.actions.demonstrating.writing import write_demo_files

__all__ = ["DemoFile", "Outline", "make_demo", "write_demo_files"]
