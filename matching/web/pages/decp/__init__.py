"""What buyers publish (DECP): taken over, decided by a person, completed and written in the official format."""

from __future__ import annotations

from matching.web.pages.decp import amendments, lots, publishing, taking
from matching.web.pages.decp.common import blueprint

__all__ = ["amendments", "blueprint", "lots", "publishing", "taking"]
