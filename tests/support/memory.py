"""A folder in memory for what tests write and throw away: databases make and remove hundreds of files each."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30


def memory_folder() -> str | None:
    """Where Linux keeps files in memory, when there is plenty of it (containers give little); else None."""
    if not os.access(_SHARED_MEMORY, os.W_OK) or shutil.disk_usage(_SHARED_MEMORY).free < _ENOUGH_BYTES:
        return None
    return str(_SHARED_MEMORY)
