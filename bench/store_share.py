"""The store's share of a page: the commands that the page sends to it, sent again with nothing around them."""

from __future__ import annotations

from functools import partial
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, cast

from app.commands.store import opened
from app.schema.build import build_schema
from app.settings import read_settings
from bench.asking import PAGE, ROWS
from bench.graph import SETTINGS, Graph
from bench.measure import Spread, in_turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.store.repository import Repository


class Noting:
    """A repository that notes what it is asked."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.commands: list[Callable[[], Awaitable[object]]] = []

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        method = getattr(self._repository, name)

        def noted(*positional: Any, **named: Any) -> Awaitable[object]:
            command = partial(method, *positional, **named)
            self.commands.append(command)
            answer: Awaitable[object] = command()
            return answer

        return noted


async def store_share(store: str, pages: int, rounds: int) -> tuple[int, Spread, Spread]:
    """How many commands a page is, and what they take in this process, in milliseconds: of its processor, of time."""
    async with opened(read_settings({"DMI_STORE": store})) as repository:
        noting = Noting(repository)
        await Graph(cast("Repository", noting)).answer(build_schema(SETTINGS), PAGE, ROWS)

        async def passing(clock: Callable[[], float]) -> float:
            start = clock()
            for _ in range(pages):
                for command in noting.commands:
                    await command()
            return (clock() - start) / pages * 1e3

        works = {"busy": partial(passing, process_time), "passed": partial(passing, perf_counter)}
        measured = await in_turns(works, rounds)
    return len(noting.commands), Spread.of(measured["busy"]), Spread.of(measured["passed"])
