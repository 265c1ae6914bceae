from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.survival.places import PLACES, own_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store of each kind, as DMI_STORE names it."""
    with ExitStack() as stack:
        if request.param == "embedded":
            yield f"embedded:{tmp_path}"
        elif request.param == "secantusdb":
            yield str(request.getfixturevalue("mongodb_server"))
        else:
            yield stack.enter_context(own_database())
