"""Pages asked of servers over HTTP, side by side: what each costs the server's processor, how many it gives a second,
and how long an answer waits for others."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from bench.asking import PAGE, ROWS, body
from bench.load import Counted, answer, load, post, repeated
from bench.measure import in_turns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.serving import Server

REQUEST: Final = post(body(PAGE, rows=ROWS))


class Pages:
    """So many pages of one server, asked for by so many clients at a time, all answered by so many bytes.

    For each round: `costs`, milliseconds of the server's processor for a page; `rates`, pages a second; `waits`,
    milliseconds that a page took beyond what it cost."""

    def __init__(self, server: Server, length: int, times: int, clients: int = 1) -> None:
        self._server, self._times, self._clients = server, times, clients
        self._answers = partial(Counted, length)
        self.costs: list[float] = []
        self.rates: list[float] = []
        self.waits: list[float] = []

    async def ask(self) -> float:
        """One round; answers its cost."""
        before = self._server.cpu()
        asked = await load(self._server.port, repeated(REQUEST, self._times), self._clients, self._answers)
        cost = (self._server.cpu() - before) / self._times * 1e3
        self.costs.append(cost)
        self.rates.append(asked.rate)
        self.waits.append(asked.seconds / self._times * 1e3 - cost)
        return cost


async def same_answers(servers: Mapping[str, Server]) -> dict[str, int]:
    """The length of each server's answer, its head included. Raises SystemExit where one says something else than the
    first one."""
    answers = {name: await answer(server.port, REQUEST) for name, server in servers.items()}
    expected = json.loads(next(iter(answers.values())).body)
    for name, each in answers.items():
        if json.loads(each.body) != expected:  # the order of keys means nothing
            raise SystemExit(f"{name} answers something else.")
    return {name: each.length for name, each in answers.items()}


async def compared(pages: Mapping[str, Pages], rounds: int) -> None:
    """Ask for all in turns; what the first round gave, which warms up, is forgotten."""
    await in_turns({name: each.ask for name, each in pages.items()}, rounds)
    for each in pages.values():
        del each.costs[0], each.rates[0], each.waits[0]
