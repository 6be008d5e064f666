"""Runs the readers' conformance suite over each path of a class, and makes files to read."""

from __future__ import annotations

from micrarium.testing.readers import pytest_generate_paths as pytest_generate_tests

__all__ = ["pytest_generate_tests"]
