"""Runs migrations as the owner role, over the connection that app.core.migrations hands in."""

from alembic import context
from sqlalchemy import Connection

from app.models import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        transaction_per_migration=False,
        include_object=lambda _o, name, kind, *_: (
            not (kind == "table" and str(name).startswith("execution_logs_"))
        ),
    )
    with context.begin_transaction():
        context.run_migrations()


shared = context.config.attributes.get("connection")
if shared is None:
    raise SystemExit("Run migrations with `stackalpha migrate`: it prepares the roles first.")
run(shared)
