"""One small invented world for the tests of this folder."""

from __future__ import annotations

import pytest

from matching.bench.world import World, build


@pytest.fixture(scope="session")
def world() -> World:
    return build(2000, 40, seed=7, texts=True)
