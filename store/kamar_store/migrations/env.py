"""Run by Alembic for every command; the connection comes from :mod:`kamar_store.migrate`."""

from __future__ import annotations

from alembic import context

from kamar_store.migrate import is_ours
from kamar_store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, include_name=is_ours)
with context.begin_transaction():
    context.run_migrations()
