"""Files that appear all at once: written beside their place and renamed when they are complete."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from micrarium.pixels.staging import check_output


@contextmanager
def staged_file(out: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A path beside ``out`` to write to; when the block ends without an error the file takes ``out``'s place.

    After any error, an interruption by the keyboard too, it is removed and ``out`` is as it was. Raises
    ``OutputExists`` when something stands at ``out``, unless it may be overwritten.
    """
    check_output(out, overwrite=overwrite)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    try:
        yield work
        check_output(out, overwrite=overwrite)
        if out.is_dir() and not out.is_symlink():
            shutil.rmtree(out)
        work.replace(out)
    except BaseException:
        work.unlink(missing_ok=True)
        raise
