"""The command line: ``micrarium``. Commands talk to a server through the client, or work on plain files without one."""

from __future__ import annotations

try:
    from micrarium.cli.running import main, run
except KeyboardInterrupt:  # as quietly as later
    raise SystemExit(130) from None

__all__ = ["main", "run"]
