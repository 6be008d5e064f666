from __future__ import annotations

import stat
from pathlib import Path

import pytest

from micrarium.client.logins import Login, forget_login, keep_login, login_path, read_login
from micrarium.errors import InvalidInput


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_sign_in_is_kept_for_its_owner_alone() -> None:
    path = keep_login(Login("http://localhost:4080", "secret", "ada", 7))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_login() == Login("http://localhost:4080", "secret", "ada", 7)


def test_a_new_sign_in_replaces_the_old_one_and_its_rights() -> None:
    path = keep_login(Login("http://a", "1"))
    path.chmod(0o644)
    keep_login(Login("http://b", "2"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_login() == Login("http://b", "2")


def test_a_forgotten_sign_in_is_gone() -> None:
    keep_login(Login("http://a", "1"))
    forget_login()
    forget_login()
    assert read_login() is None
    assert not login_path().exists()


@pytest.mark.parametrize("text", ["", "[]", '{"url": 1}', "nonsense"])
def test_a_damaged_file_says_how_to_sign_in_again(text: str) -> None:
    keep_login(Login("http://a", "1")).write_text(text)
    with pytest.raises(InvalidInput, match="micrarium login"):
        read_login()
