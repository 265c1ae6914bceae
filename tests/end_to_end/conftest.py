from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store import secantusd

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def mongodb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of an empty database on a MongoDB wire server."""
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    port = secantusd.free_port()
    with secantusd.running(tmp_path_factory.mktemp("secantusd") / "data", port):
        yield f"mongodb://127.0.0.1:{port}/dmi"
