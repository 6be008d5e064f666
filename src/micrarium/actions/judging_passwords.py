"""Which passwords are good enough: long, and not among those that are guessed first."""

from __future__ import annotations

import re

from micrarium.errors import InvalidInput

#: The fewest characters where nothing else is set.
FEWEST = 10
#: Words that guessed passwords are made of, with digits and marks around them, or several times.
_COMMON = (
    "password", "passwort", "passw", "qwerty", "qwertz", "azerty", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm",
    "letmein", "welcome", "willkommen", "iloveyou", "admin", "administrator", "root", "changeme", "secret", "geheim", "default",
    "monkey", "dragon", "football", "baseball", "superman", "batman", "sunshine", "princess", "trustno", "master", "login", "test",
    "microscope", "micrarium", "omero", "laboratory", "abc", "abcd", "abcdef", "qaz", "qazwsx", "wsx", "edc",
)  # fmt: skip
_LOOKALIKES = str.maketrans("013457@$!", "oieastasi")
_RUNS = (
    "0123456789" * 3,
    "9876543210" * 3,
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1q2w3e4r5t6z7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb",
)


def check_password(password: str, *, username: str = "", fewest: int = FEWEST) -> None:
    """Nothing for a password that is good enough, else ``InvalidInput`` saying what is wrong with it."""
    if len(password) < fewest:
        raise InvalidInput(f"A password has at least {fewest} characters", field="password")
    if len(password) > 1000:
        raise InvalidInput("A password has at most 1000 characters", field="password")
    plain, name = password.casefold(), username.casefold()
    if name and (plain == name or (len(name) > 3 and _around(plain.replace(name, ""))) or plain == name[::-1]):
        raise InvalidInput("A password is not the user name, nor that with a few digits", field="password")
    if is_common(plain):
        raise InvalidInput("This password is among those that are guessed first; take several unusual words", field="password")


def is_common(password: str) -> bool:
    """Whether a password is one of those everybody tries: a common word with digits, one thing repeated, a row of keys."""
    plain = password.casefold()
    if len(set(plain)) < 4 or any(plain in run for run in _RUNS):
        return True
    words = re.compile("|".join(sorted(_COMMON, key=len, reverse=True)))
    for text in (plain, plain.translate(_LOOKALIKES)):
        rest = plain
        for found in reversed(list(words.finditer(text))):
            rest = rest[: found.start()] + rest[found.end() :]
        if rest != plain and _around(rest):
            return True
    return False


def _around(rest: str) -> bool:
    """Whether what is left of a word is no more than digits and marks."""
    return not re.search(r"[^\W\d_]", rest) and len(rest) <= 8
