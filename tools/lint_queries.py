"""Refuse SQLAlchemy statements outside the rooms that may write them.

Every query starts at ``permissions.visible`` and every change passes ``write()``: a ``select(...)`` anywhere else could
show an object to somebody who may not see it. So only the rooms below may use statement makers, tables or raw SQL.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
#: Rooms and files, relative to src/micrarium, that may write statements. Per-dialect files are named one by one.
ALLOWED = ("permissions.py", "permissions/", "model/")
PER_DIALECT: tuple[str, ...] = ()

MAKERS = frozenset({"select", "text", "insert", "update", "delete", "table", "literal_column", "union", "union_all", "lambda_stmt"})
ATTRIBUTES = frozenset({"__table__", "exec_driver_sql"})


class Finding(NamedTuple):
    """One refused expression."""

    line: int
    sentence: str


def find_module_aliases(tree: ast.AST) -> set[str]:
    """Names under which a file knows sqlalchemy or one of its modules."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names if alias.name.split(".")[0] == "sqlalchemy"}
        elif isinstance(node, ast.ImportFrom) and is_sqlalchemy(node.module):
            names |= {
                alias.asname or alias.name
                for alias in node.names
                if alias.name in {"sql", "orm", "expression", "postgresql", "sqlite"}
            }
    return names


def is_sqlalchemy(module: str | None) -> bool:
    """Whether a module belongs to SQLAlchemy."""
    return module is not None and module.split(".")[0] == "sqlalchemy"


def root_name(node: ast.expr) -> str | None:
    """The first name of a dotted expression."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def find_statements(source: str) -> Iterator[Finding]:
    """What in a file's text makes statements or reaches tables."""
    tree = ast.parse(source)
    aliases = find_module_aliases(tree)
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names) if is_sqlalchemy(module) or is_ours(module):
                for alias in names:
                    if alias.name in MAKERS:
                        yield Finding(node.lineno, f"imports {alias.name} of {module}")
            case ast.Attribute(attr=attr) if attr in ATTRIBUTES:
                yield Finding(node.lineno, f"reaches {attr}")
            case ast.Attribute(attr=attr) if attr in MAKERS and root_name(node) in aliases:
                yield Finding(node.lineno, f"uses {attr} of SQLAlchemy")
            case ast.Attribute(attr="query", value=value) if (root_name(value) or "").endswith("session"):
                yield Finding(node.lineno, "uses session.query")
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str() as attr), *_]) if attr in ATTRIBUTES:
                yield Finding(node.lineno, f"reaches {attr}")


def is_ours(module: str | None) -> bool:
    """Whether a statement maker could be passed on by a room of ours."""
    return module is not None and module.split(".")[:2] in (["micrarium", "model"], ["micrarium", "permissions"])


def is_allowed(path: Path, package: Path) -> bool:
    """Whether a file is in a room that may write statements."""
    name = path.relative_to(package).as_posix()
    return name in PER_DIALECT or any(
        name == allowed or (allowed.endswith("/") and name.startswith(allowed)) for allowed in ALLOWED
    )


def lint_package(package: Path) -> list[str]:
    """One sentence for each refused expression in a package."""
    problems = []
    for path in sorted(package.rglob("*.py")):
        if not is_allowed(path, package):
            found = find_statements(path.read_text(encoding="utf-8"))
            problems += [f"{path}:{line}: {what}; start at permissions.visible or permissions.write" for line, what in found]
    return problems


def main() -> int:
    """Print what is refused; 1 when there is any."""
    problems = lint_package(ROOT / "src" / "micrarium")
    problems += [
        f"tools/lint_queries.py names {name}, which is gone" for name in PER_DIALECT if not (ROOT / "src/micrarium" / name).exists()
    ]
    print("\n".join(problems) or "lint_queries: all queries start in their rooms")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
