"""The command line: ``micrarium``. Commands talk to a server through the client, or work on plain files without one."""

from __future__ import annotations

from micrarium.cli.running import main, run

__all__ = ["main", "run"]
