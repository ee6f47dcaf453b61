"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from matching.errors import Invalid
from matching.text import NBSP


def write_whole(path: Path, content: bytes) -> None:
    """Write beside, then take the place: a full disk leaves what was there. Raises `Invalid` with the remedy."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise Invalid(
            f"Le fichier «{NBSP}{path}{NBSP}» ne peut pas être écrit. Vérifiez que le dossier existe, qu’il est "
            "ouvert en écriture et que le disque n’est pas plein."
        ) from None
