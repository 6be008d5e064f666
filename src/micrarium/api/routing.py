"""Routers that are passed over quickly: there are many hundred routes, and a request needs one of them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope


class KindRouter(APIRouter):
    """The routes of one kind of object, which are looked through only for addresses that name it."""

    def __init__(self, plural: str) -> None:
        super().__init__()
        self._segment = f"/{plural}"

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether one of its routes is meant."""
        return super().matches(scope) if self._segment in scope["path"] else (Match.NONE, {})
