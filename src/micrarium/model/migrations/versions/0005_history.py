"""From where a change came and what it took back; whose history it belongs to besides its own; events counted by day."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    add_columns()
    index_events()
    make_tables()
    gather_subjects()


def add_columns() -> None:
    """What events say besides. SQLite takes a reference with its column only."""
    for name, length in (("client", 20), ("address", 64), ("token_name", 255)):
        op.add_column("event", sa.Column(name, sa.String(length), nullable=True))
    op.add_column("event", sa.Column("job_id", sa.BigInteger(), nullable=True))
    kind: Any = BIG_ID
    if op.get_bind().dialect.name == "sqlite":
        op.add_column("event", sa.Column("undoes_event_id", kind, sa.ForeignKey("event.id"), nullable=True), inline_references=True)
        return
    op.add_column("event", sa.Column("undoes_event_id", kind, nullable=True))
    op.create_foreign_key("fk_event_undoes_event_id", "event", "event", ["undoes_event_id"], ["id"])


def index_events() -> None:
    """Each person's and each group's events by time; each class's changes."""
    for name in ("ix_event_experimenter_id", "ix_event_group_id", "ix_event_time"):
        op.drop_index(name, table_name="event")
    op.create_index("ix_event_experimenter_id_time", "event", ["experimenter_id", "time", "id"])
    op.create_index("ix_event_group_id_time", "event", ["group_id", "time", "id"])
    op.create_index("ix_event_time", "event", ["time", "id"])
    for name, column, columns in (
        ("ix_event_reason", "reason", ["time", "id"]),
        ("ix_event_undoes", "undoes_event_id", ["undoes_event_id"]),
    ):
        is_said = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "event", columns, sqlite_where=is_said, postgresql_where=is_said)
    op.create_index("ix_event_log_kind", "event_log", ["entity_type", "event_id"])


def make_tables() -> None:
    """Whose history changes belong to, and the days that are over."""
    op.create_table(
        "event_subject",
        sa.Column("entity_type", sa.String(60), nullable=False),
        sa.Column("entity_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("event_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("log_id", BIG_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_subject_event_id")),
        sa.ForeignKeyConstraint(["log_id"], ["event_log.id"], name=op.f("fk_event_subject_log_id")),
        sa.PrimaryKeyConstraint("entity_type", "entity_id", "event_id", "log_id", name=op.f("pk_event_subject")),
    )
    op.create_index("ix_event_subject_log_id", "event_subject", ["log_id"])
    op.create_table(
        "event_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("experimenter_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("group_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "experimenter_id", "group_id", name=op.f("pk_event_day")),
    )


def gather_subjects() -> None:
    """Links and regions of interest that are there belong to the history of what they join and lie on, from the beginning."""
    connection = op.get_bind()
    inspector = sa.inspect(connection)
    for table in inspector.get_table_names():
        if not (table.endswith("_link") or table == "roi"):
            continue
        for key in inspector.get_foreign_keys(table):
            (column,) = key["constrained_columns"]
            if column in ("parent_id", "child_id", "image_id"):
                gather(table, column, camel(key["referred_table"]))


def gather(table: str, column: str, target: str) -> None:
    """The changes of a table's rows, into the history of what a column of theirs refers to."""
    op.execute(
        sa.text(
            "INSERT INTO event_subject (entity_type, entity_id, event_id, log_id) "  # names of our own tables
            f"SELECT :target, t.{column}, l.event_id, l.id FROM event_log l JOIN {table} t ON t.id = l.entity_id "
            f"WHERE l.entity_type = :kind AND t.{column} IS NOT NULL"
        ).bindparams(target=target, kind=camel(table))
    )


def camel(table: str) -> str:
    """The class of a table's rows."""
    return "OTF" if table == "otf" else "".join(part.capitalize() for part in table.split("_"))


def downgrade() -> None:
    raise NotImplementedError("A database is not taken back to an older schema; restore the backup")
