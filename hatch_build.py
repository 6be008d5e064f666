"""Puts the built web application into wheels and source distributions, or refuses to build one without it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebBundleHook(BuildHookInterface[Any]):
    """Uses a bundle that is there, else builds it with npm, else fails with one line."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Find or build the bundle, and name it to the builder, since git ignores it."""
        if version == "editable":  # served from the checkout, where `make web` builds it
            return
        root = Path(self.root)
        bundle = root / "src" / "micrarium" / "web"
        if not (bundle / "index.html").is_file():
            build_bundle(root / "web")
        build_data["artifacts"].append("/src/micrarium/web/**")


def build_bundle(web: Path) -> None:
    """Build the web application. Raises ``SystemExit`` with one line where that cannot be done."""
    npm = shutil.which("npm")
    if npm is None or not (web / "package.json").is_file():
        raise SystemExit("The web application is not built, and npm is not here to build it: install Node 20 or later.")
    for arguments in (["ci", "--ignore-scripts"], ["run", "build"]):
        if subprocess.run([npm, *arguments], cwd=web, check=False).returncode:
            raise SystemExit(f"The web application could not be built: `npm {' '.join(arguments)}` failed in {web}.")
