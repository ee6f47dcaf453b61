"""Bringing a database up to date, by Alembic's API; guards of the trail are checked after every step."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from matching.errors import MatchingError
from matching.store import trail


def scripts_folder() -> Path:
    """The migrations of the installed package, or those beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts_folder()))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision`, then make sure the trail is guarded."""
    command.upgrade(_config(engine), revision)
    secure(engine)


def downgrade(engine: Engine, revision: str) -> None:
    """Run the migrations down to `revision` (`base` empties the database)."""
    command.downgrade(_config(engine), revision)
    secure(engine)


def secure(engine: Engine) -> None:
    """Install the guards where their tables exist, and refuse to go on without them."""
    with engine.begin() as connection:
        if "audit_event" not in inspect(connection).get_table_names():
            return
        trail.install_guards(connection)
        missing = trail.missing_guards(connection)
    if missing:
        raise MatchingError(f"Le journal n’est pas protégé : {', '.join(missing)}. Relancez « matching db upgrade ».")


def is_current(engine: Engine) -> bool:
    """Whether the database has every migration of this version of the product."""
    head = ScriptDirectory.from_config(_config(engine)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
