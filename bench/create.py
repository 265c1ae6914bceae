"""How fast procedures are created, each checked and durable: bench/create.py

1, 8 and 64 clients send `ProcedureCreate` over HTTP to the embedded store; what waits at the same time is committed
together. Then what each step of a create takes, by itself. TMPDIR names a folder on the disk to measure."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import count, islice
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from app.access.principal import OPEN, PrincipalRepository
from app.commands.store import opened
from app.fhir.json import decode, encode
from app.intake.surroundings import surroundings
from app.intake.verdict import judge
from app.search.values import search_values
from app.settings import read_settings
from app.store.repository import Write
from bench.asking import ROOT, body
from bench.dataset import documents, fill, latest_first
from bench.graph import RULES
from bench.load import Parsed, load, post
from bench.measure import Spread, in_turns, percentile, run, show
from bench.serving import pinned_clients, product

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

    from app.fhir.resource import Resource
    from app.store.repository import Repository
    from bench.measure import Work

    Step = Callable[[], Coroutine[None, None, object]]

CREATE: Final = (ROOT / "graphql" / "operations" / "04-procedure-create.graphql").read_text(encoding="utf-8")
CLIENTS: Final = (1, 8, 64)
TOGETHER: Final = 64


class Created(Parsed):
    """An answer that says where the new procedure is."""

    def feed(self, data: bytes) -> bool:
        """As `Answer.feed`."""
        complete = super().feed(data)
        if complete and b'"location":"Procedure/' not in self.body:
            raise SystemExit("A procedure was not created.")
        return complete


def new_procedures(known: Resource) -> Iterator[Resource]:
    """Procedures like one of the store, each with a number of its own, since no two may have the same."""
    first, *others = known["identifier"]
    for number in count(1):
        yield {**known, "identifier": [{**first, "value": f"bench-{number}"}, *others]}


async def rates(port: int, new: Iterator[Resource], *, quick: bool) -> None:
    """Creates over HTTP."""
    waits: dict[str, list[float]] = {str(clients): [] for clients in CLIENTS}

    async def create(clients: int) -> float:
        times = clients if quick else 25 * clients + 175
        waiting = iter([post(body(CREATE, resource=each)) for each in islice(new, times)])
        found = await load(port, partial(next, waiting, None), clients, Created)
        waits[str(clients)] += [each * 1e3 for each in found.latencies]
        return found.rate

    works: Mapping[str, Work] = {str(clients): partial(create, clients) for clients in CLIENTS}
    measured = await in_turns(works, 1 if quick else 7)
    lines = [
        (
            name,
            f"{Spread.of(each):.0f}",
            *(f"{percentile(sorted(waits[name]), share):.1f}" for share in (0.5, 0.95, 0.99)),
        )
        for name, each in measured.items()
    ]
    show("Created over HTTP", ("clients", "creates a second", "p50 ms", "p95 ms", "p99 ms"), lines)


def steps(repository: Repository, resource: Resource) -> dict[str, Step]:
    """What is done for a create, by what it is called."""
    request = body(CREATE, resource=resource)

    async def read_request() -> object:
        return decode(request)

    async def validate() -> object:
        return judge(RULES.validator, resource, "Procedure").accepted()

    async def look_around() -> object:
        return await surroundings(PrincipalRepository(repository, OPEN), resource)

    async def index() -> object:
        return search_values(resource)

    async def spell() -> object:
        return encode(resource)

    async def write() -> object:
        return await repository.write([Write("Procedure", str(uuid4()), resource, expected=0)])

    async def write_many() -> object:
        return await asyncio.gather(*(write() for _ in range(TOGETHER)))

    return {
        "read the request's JSON": read_request,
        "check it against the profiles": validate,
        "look at what it refers to": look_around,
        "make its search values": index,
        "spell its JSON": spell,
        "write it, alone, durable": write,
        f"write {TOGETHER} that come at once, durable": write_many,
    }


async def each_step(store: str, resource: Resource, *, quick: bool) -> None:
    """The time of each step, in this process."""
    async with opened(read_settings({"DMI_STORE": store})) as repository:
        times = 1 if quick else 50

        async def passing(step: Step) -> float:
            start = perf_counter()
            for _ in range(times):
                await step()
            return (perf_counter() - start) / times * 1e6

        works = {name: partial(passing, step) for name, step in steps(repository, resource).items()}
        measured = await in_turns(works, 1 if quick else 11)
    lines = [(name, f"{Spread.of(each):.0f}") for name, each in measured.items()]
    show("Each step (the last two make search values and JSON too)", ("step", "µs"), lines)


async def main(quick: bool) -> None:
    """Measures and prints."""
    procedures = 200 if quick else 10_000
    print(f"\n{pinned_clients()} {procedures} procedures, the embedded store.")
    known = latest_first(documents(procedures))[0].resource
    with TemporaryDirectory() as directory:
        store = f"embedded:{directory}/embedded"
        await fill(store, procedures)
        with product(store) as server:
            await rates(server.port, new_procedures(known), quick=quick)
        await each_step(store, known, quick=quick)


if __name__ == "__main__":
    run(main, __doc__)
