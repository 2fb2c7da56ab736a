"""Alembic's entry point: it runs the steps over the connection that `storage/database.py` gives it."""

from __future__ import annotations

from alembic import context

from textcnn.service.storage.database_tables import metadata

connection = context.config.attributes["connection"]
# SQLite alters a table by writing it anew.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
