from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.end_to_end.survival.places import PLACES, own_database
from tests.store import secantusd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def wire_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a MongoDB wire server."""
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    port = secantusd.free_port()
    with secantusd.running(tmp_path_factory.mktemp("secantusd") / "data", port):
        yield f"mongodb://127.0.0.1:{port}"


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store of each kind, as DMI_STORE names it."""
    with ExitStack() as stack:
        if request.param == "embedded":
            yield f"embedded:{tmp_path}"
        elif request.param == "secantusdb":
            yield f"{request.getfixturevalue('wire_server')}/{uuid4().hex}"
        else:
            yield stack.enter_context(own_database())
