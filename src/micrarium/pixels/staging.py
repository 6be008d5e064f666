"""Folders that appear all at once: written beside their place and renamed when they are complete."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from micrarium.errors import InvalidInput, OutputExists


@contextmanager
def staged_folder(out: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A new folder beside ``out`` to write into; when the block ends without an error it takes ``out``'s place.

    After any error, an interruption by the keyboard too, it is removed and ``out`` is as it was. Raises
    ``OutputExists`` when something stands at ``out``, unless it may be overwritten.
    """
    check_output(out, overwrite=overwrite)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    work.mkdir()
    try:
        yield work
        check_output(out, overwrite=overwrite)
        _replace(work, out)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def check_apart(source: Path, out: Path) -> None:
    """Nothing when neither lies inside the other, nor is it; else ``InvalidInput``: writing one would destroy the other."""
    inner, outer = out.resolve(), source.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise InvalidInput(f"The output {out} and the input {source} lie inside one another; choose another output", field="out")


def check_output(out: Path, *, overwrite: bool) -> None:
    """Raises ``OutputExists`` when something stands at ``out`` and it may not be overwritten."""
    if not overwrite and (out.exists() or out.is_symlink()):
        raise OutputExists(f"{out} exists already; choose another name, or overwrite it with --overwrite")


def _replace(work: Path, out: Path) -> None:
    if not out.exists() and not out.is_symlink():
        work.rename(out)
        return
    old = out.with_name(f".{out.name}.{secrets.token_hex(4)}.old")
    out.rename(old)
    try:
        work.rename(out)
    except BaseException:
        old.rename(out)
        raise
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old)
    else:
        old.unlink()
