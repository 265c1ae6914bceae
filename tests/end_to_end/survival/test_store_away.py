"""A MongoDB that is killed under load and comes back: nothing hangs or is lost, and nobody restarts the server."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.end_to_end.processes import PROGRAM, serving
from tests.end_to_end.survival.hurry import HURRIED
from tests.end_to_end.survival.intake import holds_what_was_told, is_read_back, working
from tests.store import secantusd

if TYPE_CHECKING:
    from pathlib import Path

AWAY = {("GraphQL", "transient", 200), ("GraphQL", "transient", 503), ("Rest", "transient", 503)}
WAITED = {("GraphQL", "lock-error", 200), ("GraphQL", "lock-error", 409), ("Rest", "lock-error", 409)}
"""Where a mutation fails the answer is GraphQL's own; where its Idempotency-Key cannot be noted it is not executed."""


@pytest.mark.parametrize(
    ("rounds", "program"), [(1, HURRIED), pytest.param(10, PROGRAM, marks=pytest.mark.long)], ids=["1", "10"]
)
def test_a_server_outlives_its_mongodb_and_loses_nothing_that_it_told(
    tmp_path: Path, rounds: int, program: tuple[str, ...]
) -> None:
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    port = secantusd.free_port()
    store = f"mongodb://127.0.0.1:{port}/dmi"
    with ExitStack() as stack:
        database = stack.enter_context(secantusd.running(tmp_path / "data", port))
        server = stack.enter_context(serving(program, DMI_STORE=store, DMI_REFERENCES="ignore"))
        intake = stack.enter_context(working(server.url))
        for _ in range(rounds):
            intake.more_told()
            database.kill()
            database.wait()
            intake.more_refused()
            assert httpx.get(f"{server.url}/health").status_code == 200
            database = stack.enter_context(secantusd.running(tmp_path / "data", port))
        intake.more_told()
        intake.finish()
        is_read_back(intake, server.url)
        holds_what_was_told(store, intake)
        assert intake.unanswered.keys() <= {*AWAY, *WAITED}
        assert {door for door, _, _ in intake.unanswered} == {"GraphQL", "Rest"}
        assert server.log == []
