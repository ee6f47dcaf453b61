"""A document of clauses, handed over as a file and never shown within the site."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.services.clauses.evidence import open_evidence
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("evidence", __name__, url_prefix="/justificatifs")


@blueprint.get("/<int:evidence_id>")
@requires(Permission.READ_CLAUSES)
def download(evidence_id: int) -> Response:
    found = open_evidence(context(), actor(), evidence_id)
    return send_file(
        BytesIO(found.content), mimetype=found.content_type, as_attachment=True, download_name=found.filename
    )
