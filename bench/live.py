"""What a change costs that is told as it happens: bench/live.py

Another process stores procedures of the synthetic hospital; the processor time of the server's process is told for each
of them: while somebody waits for what never comes, while many do with filters that differ, and while subscribers are
told all of them, the same or each by a document of its own."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.commands.store import opened
from app.settings import read_settings
from app.store.repository import Write
from bench.dataset import documents
from bench.measure import Spread, run, show
from bench.serving import pinned_clients, product

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from app.fhir.resource import Resource

SELECTED: Final = (
    "{ cursor operation id version resource { status performedDateTime subject { reference } "
    "focalDevice { manipulated { resource(optional: true) { lotNumber } } } } }"
)
END: Final = "the-end"
BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Case:
    """So many subscribers, who are told everything or nothing but the end; in their operation `#` is their number."""

    name: str
    subscribers: int
    operation: str
    told: bool


CASES: Final = (
    Case("one, who is told none", 1, f'{{ ProcedureChanged(device: "{END}")', told=False),
    Case("200, each with its own filter, told none", 200, f'{{ ProcedureChanged(device: ["{END}", "d#"])', told=False),
    Case("one, who is told all", 1, "{ ProcedureChanged", told=True),
    Case("200, who are told the same", 200, "{ ProcedureChanged", told=True),
    Case("20, each told all by a document of its own", 20, "Own# { ProcedureChanged", told=True),
)


async def subscribed(stack: AsyncExitStack, port: int, case: Case, number: int) -> ClientConnection:
    """A socket whose subscription is in force."""
    socket = await stack.enter_async_context(
        connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")], max_size=None)
    )
    query = f"subscription {case.operation.replace('#', str(number))} {SELECTED} }}"
    for message in (
        {"type": "connection_init"},
        {"type": "subscribe", "id": "1", "payload": {"query": query}},
        {"type": "ping"},
    ):
        await socket.send(json.dumps(message))
    while json.loads(await socket.recv())["type"] != "pong":
        pass
    return socket


async def until_the_end(socket: ClientConnection) -> int:
    """How many changes a subscriber was told, up to that of the end."""
    number = 1
    while f'"id":"{END}"' not in str(await socket.recv()):
        number += 1
    return number


async def cost(case: Case, procedures: list[Resource]) -> float:
    """The microseconds of the server's processor for each change. Raises SystemExit where some are missing."""
    end = {**procedures[0], "id": END, "focalDevice": [{"manipulated": {"reference": f"Device/{END}"}}]}
    with TemporaryDirectory() as directory:
        store = f"embedded:{directory}"
        with product(store, DMI_MAX_SOCKETS="1000", DMI_MAX_UNREAD="100000000") as server:
            async with AsyncExitStack() as stack:
                repository = await stack.enter_async_context(opened(read_settings({"DMI_STORE": store})))
                sockets = [await subscribed(stack, server.port, case, number) for number in range(case.subscribers)]
                hearing = [asyncio.create_task(until_the_end(each)) for each in sockets]
                before = server.cpu()
                for start in range(0, len(procedures), BATCH):
                    some = procedures[start : start + BATCH]
                    await repository.write([Write("Procedure", each["id"], each) for each in some])
                await repository.write([Write("Procedure", END, end)])
                heard = set(await asyncio.gather(*hearing))
                spent = server.cpu() - before
    if heard != {len(procedures) + 1 if case.told else 1}:
        raise SystemExit(f"{case.name}: they were told {heard}")
    return spent / len(procedures) * 1e6


async def main(quick: bool) -> None:
    """Measures and prints."""
    number, rounds = (50, 1) if quick else (1_000, 5)
    procedures = [each for each in documents(number) if each["resourceType"] == "Procedure"]
    completed = [{**each, "status": "completed"} for each in procedures]
    print(f"\n{pinned_clients()} {len(completed)} changes.")
    lines = []
    for case in CASES:
        costs = [await cost(case, completed) for _ in range(rounds)]
        each = Spread.of([one / case.subscribers for one in costs])
        lines.append((case.name, f"{Spread.of(costs):.0f}", f"{each:.1f}"))
    show("A change", ("subscribers", "µs of the server's processor", "for each subscriber"), lines)


if __name__ == "__main__":
    run(main, __doc__)
