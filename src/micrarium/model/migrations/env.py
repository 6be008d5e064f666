"""Alembic's entry: migrations run on the connection they are given."""

from __future__ import annotations

from alembic import context

from micrarium.model import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
