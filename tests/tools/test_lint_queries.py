"""The query lint refuses what could walk past permissions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Tool = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy import select\nselect(Image)",
        "from sqlalchemy import select as pick\npick(Image)",
        "from sqlalchemy.dialects.postgresql import insert",
        "from sqlalchemy.sql.expression import update",
        "from micrarium.model.base import text",
        "import sqlalchemy as sa\nsa.delete(Image)",
        "import sqlalchemy\nsqlalchemy.sql.select(Image)",
        "from sqlalchemy.dialects import sqlite\nsqlite.insert(Image)",
        "Image.__table__.delete()",
        "getattr(Image, '__table__')",
        "connection.exec_driver_sql('drop table image')",
        "session.query(Image)",
        "def run(self):\n    return self_session.query(Image).all()",
    ],
)
def test_a_statement_outside_its_rooms_is_refused(tool: Tool, source: str) -> None:
    assert list(tool("lint_queries").find_statements(source))


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy.orm import Session\nsession.scalars(visible(Image, actor))",
        "def delete(name): ...\ndelete('image:12')",
        "from sqlalchemy import func\nvisible(Image, actor).with_only_columns(func.count())",
        "response.text('x')\nhashes.update(b'x')",
        "import numpy as np\nnp.insert([1], 0, 2)",
    ],
)
def test_what_starts_at_visible_passes(tool: Tool, source: str) -> None:
    assert not list(tool("lint_queries").find_statements(source))


def test_the_rooms_that_own_queries_may_write_them(tool: Tool, tmp_path: Path) -> None:
    statement = "from sqlalchemy import select\n"
    for name in ("permissions.py", "model/base.py", "actions/listing.py", "model_of_mine.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(statement)
    problems = tool("lint_queries").lint_package(tmp_path)
    assert [Path(problem.split(":")[0]).name for problem in problems] == ["listing.py", "model_of_mine.py"]


def test_our_own_package_passes(tool: Tool) -> None:
    assert tool("lint_queries").main() == 0
