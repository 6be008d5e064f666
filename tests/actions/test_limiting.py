"""How often somebody may try a password."""

from __future__ import annotations

import pytest

from micrarium.actions.limiting import MOST_FROM_AN_ADDRESS, MOST_ON_A_NAME, WINDOW_S, SignInLimit
from micrarium.errors import TooManyAttempts


def test_after_many_failures_one_waits_and_others_do_not() -> None:
    now = 0.0
    limit = SignInLimit(clock=lambda: now)
    for _ in range(MOST_ON_A_NAME):
        limit.check("ada", "here")
        limit.note_failure("ada", "here")
    with pytest.raises(TooManyAttempts, match="5 minutes"):
        limit.check("ada", "here")
    limit.check("ada", "elsewhere")
    limit.check("bob", "here")
    now = WINDOW_S + 1
    limit.check("ada", "here")


def test_many_names_from_one_address_are_limited_too() -> None:
    limit = SignInLimit()
    for number in range(MOST_FROM_AN_ADDRESS):
        limit.note_failure(f"person {number}", "here")
    with pytest.raises(TooManyAttempts):
        limit.check("ada", "here")


def test_getting_in_forgets_ones_failures() -> None:
    limit = SignInLimit()
    for _ in range(MOST_ON_A_NAME):
        limit.note_failure("ada", "here")
    limit.forget("ada", "here")
    limit.check("ada", "here")
