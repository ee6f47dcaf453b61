"""The administrator's pages: who works here, with whom, and by which numbers."""

from __future__ import annotations

from flask import render_template

from matching.access.permissions import Permission
from matching.web.guard import requires
from matching.web.pages.admin import (  # noqa: F401  (each registers its routes)
    organisations,
    parameters,
    policy,
    trail,
    units,
    users,
)
from matching.web.pages.admin.common import blueprint

__all__ = ["blueprint"]

SECTIONS = (
    (
        "Qui travaille ici",
        (
            ("admin.users", "Comptes", "Ouvrir un compte, changer un rôle ou une unité, fermer, nouveau mot de passe"),
            ("admin.units", "Unités emploi", "Ouvrir, renommer, fusionner ou fermer une unité"),
            ("admin.organisations", "Organisations", "Employeurs de toute nature et leurs établissements"),
        ),
    ),
    (
        "Comment les personnes sont classées",
        (
            ("admin.weights", "Poids des critères", "Pour le Département, puis pour chaque unité"),
            ("admin.settings", "Autres réglages", "Vitesses, distances, écarts acceptés"),
            ("admin.remedies", "Solutions", "Ce qui lève un obstacle, en combien de jours, avec qui"),
            ("admin.networks", "Transports en commun", "Les communes de chaque réseau et sa vitesse"),
        ),
    ),
    (
        "Références",
        (
            ("admin.parameters", "Montants datés", "SMIC, RSA, prime d’activité, seuils : à partir de quel jour"),
            ("admin.synonyms", "Mots de tous les jours", "Les mots qui mènent à un métier"),
            ("admin.facts", "Certificats et faits", "Ce qui se demande aux personnes et dans les offres"),
            ("admin.journal", "Journal", "Qui a fait quoi, quand ; vérifier que rien n’a été touché"),
        ),
    ),
)


@blueprint.get("/administration")
@requires(Permission.ADMINISTER)
def index() -> str:
    """Where everything is."""
    return render_template("admin/index.html", sections=SECTIONS)
