"""The sign-in that is kept on this computer, in a file only its owner can read."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from micrarium.errors import InvalidInput


@dataclass(frozen=True)
class Login:
    """A server, the token to use there, and whose it is."""

    url: str
    token: str
    username: str = ""
    token_id: int | None = None


def config_folder() -> Path:
    """Where this platform keeps a program's settings for one person."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming") / "Micrarium"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/Micrarium"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "micrarium"


def state_folder() -> Path:
    """Where this platform keeps what a program remembers between runs."""
    if sys.platform in {"win32", "darwin"}:
        return config_folder() / "state"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "micrarium"


def login_path() -> Path:
    """The file that keeps the sign-in."""
    return config_folder() / "login.json"


def read_login() -> Login | None:
    """The sign-in that is kept, or None."""
    path = login_path()
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return Login(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{path} does not hold a sign-in; sign in again with: micrarium login URL --user NAME") from error


def keep_login(login: Login) -> Path:
    """The file in which the sign-in is now kept, readable by its owner alone."""
    path = login_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(asdict(login), stream)
    fresh.replace(path)
    return path


def forget_login() -> None:
    """Keep no sign-in any more."""
    login_path().unlink(missing_ok=True)
