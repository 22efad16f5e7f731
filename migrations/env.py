"""Runs the migrations on the connection that labbook hands over.

labbook opens the notebook, holds its gate, begins the transaction and commits it
(labbook/store/migrate.py); nothing here connects to anything.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
