"""How many clients are served, and how long each waits: bench/clients.py

1, 8 and 64 clients, each with one connection, ask as fast as they are answered: for one procedure with three fields,
beside a bare Starlette route that returns the same bytes, and for the page. Then for one procedure while another client
asks for pages of 1,000 rows."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bench.asking import PAGE, ROWS, SMALL, body
from bench.dataset import documents, fill, latest_first
from bench.load import Counted, answer, during, load, post
from bench.measure import Spread, in_turns, ratio, run, show
from bench.serving import other, pinned_clients, product

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.load import Load
    from bench.measure import Work
    from bench.serving import Server

CLIENTS: Final = (1, 8, 64)
LARGE_ROWS: Final = 1_000
WAITS: Final = ("p50 ms", "p95 ms", "p99 ms")


class Crowd:
    """So many clients with one question for one server, for so many seconds at a time; remembers what they met."""

    def __init__(self, server: Server, request: bytes, clients: int, seconds: float) -> None:
        self._server, self._request, self._clients, self._seconds = server, request, clients, seconds
        self._length = 0
        self._loads: list[Load] = []
        self._costs: list[float] = []

    async def rate(self) -> float:
        """Answers a second."""
        before = self._server.cpu()
        found = await self._ask()
        self._loads.append(found)
        self._costs.append((self._server.cpu() - before) / len(found.latencies))
        return found.rate

    def cost(self) -> str:
        """The median of what an answer cost the server's processor, in microseconds: the server is not at its end where
        its rate leaves much of a second."""
        return f"{Spread.of(self._costs[1:]).median * 1e6:.0f}"

    async def slowest(self) -> float:
        """The 99th percentile of the milliseconds that they wait."""
        return (await self._ask()).at(0.99) * 1e3

    async def slowest_beside(self, request: bytes) -> float:
        """The same while one more client asks for something else."""
        found, _ = await asyncio.gather(self._ask(), load(self._server.port, during(request, self._seconds), 1))
        return found.at(0.99) * 1e3

    def waits(self) -> list[str]:
        """Of the 50th, 95th and 99th percentiles the median of all rounds but the first, in milliseconds."""
        shares = (0.5, 0.95, 0.99)
        return [f"{Spread.of([load.at(share) * 1e3 for load in self._loads[1:]]).median:.2f}" for share in shares]

    async def _ask(self) -> Load:
        if not self._length:
            self._length = (await answer(self._server.port, self._request)).length
        answers = partial(Counted, self._length)
        return await load(self._server.port, during(self._request, self._seconds), self._clients, answers)


async def small(ours: Server, bare: Server, request: bytes, seconds: float, rounds: int) -> None:
    """One procedure, from the product and from the bare route."""
    lines = []
    for clients in CLIENTS:
        crowds = {
            name: Crowd(server, request, clients, seconds) for name, server in (("ours", ours), ("bare route", bare))
        }
        rates = await in_turns({name: crowd.rate for name, crowd in crowds.items()}, rounds)
        for name, crowd in crowds.items():
            share = ratio(rates[name], rates["bare route"])
            lines.append((clients, name, f"{Spread.of(rates[name]):.0f}", f"{share:.2f}", crowd.cost(), *crowd.waits()))
    columns = ("clients", "server", "answers a second", "share of the bare route's", "µs of its processor", *WAITS)
    show("One procedure, three fields", columns, lines)


async def pages(server: Server, seconds: float, rounds: int) -> None:
    """The page."""
    request = post(body(PAGE, rows=ROWS))
    crowds = {str(clients): Crowd(server, request, clients, seconds) for clients in CLIENTS}
    rates = await in_turns({name: crowd.rate for name, crowd in crowds.items()}, rounds)
    lines = [(name, f"{Spread.of(rates[name]):.0f}", crowd.cost(), *crowd.waits()) for name, crowd in crowds.items()]
    show(f"The page of {ROWS} rows", ("clients", "pages a second", "µs of its processor", *WAITS), lines)


async def beside(server: Server, request: bytes, seconds: float, rounds: int) -> None:
    """One procedure, while nobody and while somebody asks for large pages."""
    large = post(body(PAGE, rows=LARGE_ROWS))
    lines = []
    for clients in (1, 8):
        crowd = Crowd(server, request, clients, seconds)
        works: Mapping[str, Work] = {"alone": crowd.slowest, "beside": partial(crowd.slowest_beside, large)}
        waits = await in_turns(works, rounds)
        alone, crowded = Spread.of(waits["alone"]), Spread.of(waits["beside"])
        lines.append((clients, f"{alone:.2f}", f"{crowded:.2f}", f"{ratio(waits['beside'], waits['alone']):.1f}"))
    columns = ("clients", "p99 ms, idle", f"p99 ms beside pages of {LARGE_ROWS} rows", "times")
    show("One procedure, while one more client asks for large pages", columns, lines)


async def main(quick: bool) -> None:
    """Measures and prints."""
    procedures = 1_200 if quick else 10_000
    seconds, rounds = (0.2, 1) if quick else (2, 7)
    print(f"\n{pinned_clients()} {procedures} procedures, the embedded store.")
    known = latest_first(documents(procedures))[0].resource["id"]
    request = post(body(SMALL, id=known))
    with TemporaryDirectory() as directory, ExitStack() as stack:
        store = f"embedded:{directory}/embedded"
        await fill(store, procedures)
        ours = stack.enter_context(product(store))
        same = Path(directory) / "answer.json"
        same.write_bytes((await answer(ours.port, request)).body)
        await small(ours, stack.enter_context(other("bare", str(same))), request, seconds, rounds)
        await pages(ours, seconds, rounds)
        await beside(ours, request, seconds, rounds)


if __name__ == "__main__":
    run(main, __doc__)
