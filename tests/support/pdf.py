"""What a PDF holds, to be searched by tests."""

from __future__ import annotations

import re
import zlib


def unfolded(content: bytes) -> bytes:
    """The bytes of a PDF followed by its compressed streams opened."""
    found = [content]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            found.append(stream)
    return b"".join(found)


def title_bytes(title: str) -> bytes:
    """A title as the library writes it."""
    return ("\ufeff" + title).encode("utf-16-be").hex().encode()
