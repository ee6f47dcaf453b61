"""Opening the installation's database for a command."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError

from matching.errors import Invalid, MatchingError
from matching.services.context import Context, open_context
from matching.settings import Settings
from matching.store import migrations


def ready_context(settings: Settings | None = None) -> Context:
    """The context, once sure that the database is there and up to date."""
    ctx = open_context(settings)
    try:
        current = migrations.is_current(ctx.engine)
    except OperationalError as error:
        raise unreachable() from error
    if not current:
        raise MatchingError("La base de données n’est pas à jour. Lancez d’abord « matching db upgrade ».")
    return ctx


def unreachable() -> Invalid:
    """The database does not answer."""
    return Invalid(
        "La base de données ne répond pas, ou n’en est pas une. Vérifiez MATCHING_DATABASE_URL, le fichier et son "
        "dossier, ou que le serveur est démarré."
    )
