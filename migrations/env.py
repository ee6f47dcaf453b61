"""Alembic's environment: called by `matching.store.migrations` with an engine of ours."""

from alembic import context

from matching.store.tables import Base

engine = context.config.attributes["engine"]

with engine.connect() as connection:
    # The connection gives its own transaction, so that SQLite's tables are rebuilt inside it.
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
