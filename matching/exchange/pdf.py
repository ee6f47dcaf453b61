"""Documents to hand over: from a page of HTML to a tagged PDF (PDF/UA-1), without ever reading the network or the disk.

The library leans on Pango, which a machine may lack: it is imported when a document is asked for, so that everything
else works without it, and its absence is said with its remedy.
"""

from __future__ import annotations

import importlib
from typing import Any

from matching.errors import MatchingError

HOW_TO_INSTALL = "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class PdfUnavailable(MatchingError):
    """The system libraries that draw PDF documents are not on this machine."""

    code = "pdf_unavailable"


def write_pdf(html: str) -> bytes:
    """The PDF of a whole HTML document, tagged, in the language and with the title that the document states.

    Only what the document holds is drawn: style in `<style>`, pictures as `data:`. Anything else is left out.
    Raises `PdfUnavailable` when the system libraries are missing; the message says how to install them.
    """
    library = _library()
    fetcher = library.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document = library.HTML(string=html, url_fetcher=fetcher)
    made: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return made


def check_available() -> None:
    """Raises `PdfUnavailable` when no PDF can be written here: to ask before anything is recorded."""
    _library()


def _library() -> Any:
    try:
        return importlib.import_module("weasyprint")
    except OSError as error:  # what cffi raises for a shared library that is not there
        raise PdfUnavailable(
            "Ce serveur ne peut pas encore écrire de PDF : il lui manque les bibliothèques de mise en page. "
            f"Demandez à l’administration de les installer (sous Debian : {HOW_TO_INSTALL}). "
            "En attendant, téléchargez le tableau (XLSX) ou imprimez la page depuis le navigateur."
        ) from error
