"""Routers that cost little: there are many hundred routes, and a request needs one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope

_MADE: list[KindRouter] = []


class KindRouter(APIRouter):
    """The routes of one kind of object, which are made by ``add`` when first an address names it.

    To make the routes of all kinds takes longer than all else that a command does on a data folder.
    """

    def __init__(self, plural: str, add: Callable[[APIRouter], None]) -> None:
        super().__init__()
        self._segment, self._add, self._is_filled, self._lock = f"/{plural}", add, False, threading.Lock()
        _MADE.append(self)

    def fill(self) -> None:
        """Make the routes, unless they are there."""
        with self._lock:
            if not self._is_filled:
                self._add(self)
                self._is_filled = True

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether one of its routes is meant."""
        if self._segment not in scope["path"]:
            return Match.NONE, {}
        self.fill()
        return super().matches(scope)


def fill_all() -> None:
    """Make the routes of every kind, to describe them."""
    for router in _MADE:
        router.fill()
