from __future__ import annotations

from uuid import uuid4

import pytest


@pytest.fixture
def mongodb_server(secantusd_port: int) -> str:
    """The URI of an empty database on a MongoDB wire server."""
    return f"mongodb://127.0.0.1:{secantusd_port}/{uuid4().hex}"
