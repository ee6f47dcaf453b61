"""The world of the matrices, on a fresh database."""

from __future__ import annotations

import pytest
from flask import Flask

from matching.services.context import Context
from tests.trust.world import World, build


@pytest.fixture
def world(app: Flask, ctx: Context) -> World:
    return build(app, ctx)
