"""Which passwords are good enough."""

from __future__ import annotations

import pytest

from micrarium.actions.judging_passwords import check_password
from micrarium.errors import InvalidInput


@pytest.mark.parametrize(
    "password",
    ["correct horse", "first password of mine", "Gr@ce-likes-COBOL", "lieber ein Satz", "zebrafish at 28 degrees", "xkQ7vPm2Lw"],
)
def test_a_long_unusual_password_is_taken(password: str) -> None:
    check_password(password, username="grace")


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("short", "at least 10"),
        ("gracegrace1", "user name"),
        ("GRACE123456", "user name"),
        ("password123", "guessed first"),
        ("P@ssw0rd2026!", "guessed first"),
        ("qwertyuiop", "guessed first"),
        ("1234567890", "guessed first"),
        ("aaaaaaaaaaaa", "guessed first"),
        ("adminadmin", "guessed first"),
        ("microscope1", "guessed first"),
        ("x" * 1001, "at most 1000"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        check_password(password, username="grace")
    assert caught.value.field == "password"


def test_the_length_is_a_setting() -> None:
    check_password("a bit odd", fewest=8)
    with pytest.raises(InvalidInput, match="at least 14"):
        check_password("correct horse", fewest=14)
