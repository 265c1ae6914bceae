"""kill -9 while clients create, update, delete and send transactions: what they were told is kept, once."""

from __future__ import annotations

import pytest

from tests.end_to_end.processes import PROGRAM, serving
from tests.end_to_end.survival.hurry import HURRIED, end_sessions
from tests.end_to_end.survival.intake import holds_what_was_told, is_read_back, working
from tests.store.secantusd import free_port


@pytest.mark.parametrize(
    ("rounds", "program"), [(2, HURRIED), pytest.param(10, PROGRAM, marks=pytest.mark.long)], ids=["2", "10"]
)
def test_what_was_told_survives_servers_that_are_killed(store: str, rounds: int, program: tuple[str, ...]) -> None:
    port = free_port()
    settings = {"DMI_STORE": store, "DMI_PORT": str(port), "DMI_EXAMPLE_DATA": "off", "DMI_REFERENCES": "ignore"}
    with working(f"http://127.0.0.1:{port}") as intake:
        for _ in range(rounds):
            with serving(program, **settings) as server:
                intake.more_told()
                server.kill()
            if program is HURRIED:
                end_sessions(store)
        with serving(program, **settings) as server:
            intake.more_told()
            intake.finish()
            is_read_back(intake, server.url)
    holds_what_was_told(store, intake)
    assert {code for _, code, _ in intake.unanswered} <= {"", "lock-error", "transient"}
