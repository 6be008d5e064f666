"""What a database itself can tell of its health: damage, rows that refer to nothing, and missing indexes."""

from __future__ import annotations

from sqlalchemy import Engine, func, inspect, select, text

from micrarium.model.base import Base

#: How many rows that refer to nothing are counted before it is enough to say so.
_MOST = 1000


def find_damage(engine: Engine) -> list[str]:
    """What SQLite's own check finds wrong in its file; PostgreSQL checks its pages when it reads them."""
    with engine.connect().execution_options(micrarium_reading=True) as connection:
        if engine.dialect.name != "sqlite":
            connection.execute(text("SELECT 1"))
            return []
        found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(20)"))]
    return [] if found == ["ok"] else found


def find_dangling(engine: Engine) -> dict[str, int]:
    """How many rows of a table refer to a row that is not there, by ``TABLE.COLUMN``."""
    found: dict[str, int] = {}
    with engine.connect().execution_options(micrarium_reading=True) as connection:
        if engine.dialect.name == "sqlite":
            for row in connection.execute(text("PRAGMA foreign_key_check")):
                found[f"{row[0]} -> {row[2]}"] = found.get(f"{row[0]} -> {row[2]}", 0) + 1
            return found
        for table in Base.metadata.sorted_tables:  # a restore that went past the constraints, or one switched off
            for key in table.foreign_keys:
                target = key.column.table.alias()
                missing = select(key.parent).where(
                    key.parent.is_not(None), ~select(1).where(target.c[key.column.name] == key.parent).correlate(table).exists()
                )
                count = connection.execute(select(func.count()).select_from(missing.limit(_MOST).subquery())).scalar_one()
                if count:
                    found[f"{table.name}.{key.parent.name}"] = int(count)
    return found


def find_missing_indexes(engine: Engine) -> list[str]:
    """The names of indexes and tables that the model has and the database has not."""
    with engine.connect().execution_options(micrarium_reading=True) as connection:
        inspector = inspect(connection)
        there = set(inspector.get_table_names())
        missing = []
        for table in Base.metadata.sorted_tables:
            if table.name not in there:
                missing.append(table.name)
                continue
            names = {index["name"] for index in inspector.get_indexes(table.name)}
            missing += [str(index.name) for index in table.indexes if index.name not in names]
    return sorted(missing)


def find_clock(engine: Engine) -> float:
    """The time of the database's machine, in seconds since 1970."""
    with engine.connect().execution_options(micrarium_reading=True) as connection:
        told = "extract(epoch FROM clock_timestamp())"
        if engine.dialect.name == "sqlite":
            told = "(julianday('now') - 2440587.5) * 86400"
        return float(connection.execute(text(f"SELECT {told}")).scalar_one())
