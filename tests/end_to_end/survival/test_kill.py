"""kill -9 while clients create, update, delete and send transactions: what they were told is kept, once. Of two servers
on one store, one is killed and comes back while the other goes on."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.processes import PROGRAM, serving
from tests.end_to_end.survival.hurry import HURRIED, end_sessions
from tests.end_to_end.survival.intake import holds_what_was_told, is_read_back, working
from tests.store.secantusd import free_port

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("rounds", "program"), [(1, HURRIED), pytest.param(10, PROGRAM, marks=pytest.mark.long)], ids=["1", "10"]
)
def test_what_was_told_survives_servers_that_are_killed(store: str, rounds: int, program: Sequence[str]) -> None:
    settings = {"DMI_STORE": store, "DMI_EXAMPLE_DATA": "off", "DMI_REFERENCES": "ignore"}
    # A hurried MongoDB ends the sessions of every server, not those of the killed one alone.
    ports = [free_port() for _ in range(2 if store.startswith("embedded") or program is PROGRAM else 1)]
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(program, **settings, DMI_PORT=str(port))) for port in ports]
        urls = [server.url for server in servers]
        with working(*urls) as intake:
            for number in range(rounds):
                intake.more_told()
                place = number % len(servers)
                servers[place].kill()
                if len(servers) > 1:
                    intake.more_told()
                elif program is HURRIED:
                    end_sessions(store)
                servers[place] = stack.enter_context(serving(program, **settings, DMI_PORT=str(ports[place])))
            intake.more_told()
            intake.finish()
            for url in urls:
                is_read_back(intake, url)
    holds_what_was_told(store, intake)
    assert {code for _, code, _ in intake.unanswered} <= {"", "lock-error", "transient"}
