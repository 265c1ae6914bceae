"""How the published operations answer as a hospital's data grows: python bench/operations.py SMALL LARGE

SMALL and LARGE are folders of embedded stores that were filled with the same seed, as in
    DMI_STORE=embedded:SMALL dmi-graph demo --procedures 10000 --seed 1
    DMI_STORE=embedded:LARGE dmi-graph demo --procedures 1000000 --seed 1
Every operation of graphql/operations is sent through the whole application, HTTP layer included, in one process: first
to one store, then to the other, in turns. Prints the median of each, their ratio, and the longest wait of another
request while the statistics of the large store are computed. Operations that write do so: use copies you can lose."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402 - after the path is set

from app.commands.garbage import search_seldom  # noqa: E402 - after the path is set
from app.demo.hospital import hospital  # noqa: E402 - after the path is set
from app.main import create_app  # noqa: E402 - after the path is set
from app.settings import read_settings  # noqa: E402 - after the path is set

if TYPE_CHECKING:
    from collections.abc import Mapping

OPERATIONS: Final = sorted((ROOT / "graphql" / "operations").glob("*.graphql"))
RUNS: Final = 15
SEED: Final = 1


def sample() -> dict[str, Any]:
    """Facts of the first procedures of the seed, which both stores have, by the names of operations' variables."""
    resources = list(hospital(200, SEED))
    first = next(each for each in resources if each["resourceType"] == "Procedure" and each["status"] == "completed")
    found = {f"{each['resourceType']}/{each['id']}": each for each in resources}
    implant = found[first["focalDevice"][0]["manipulated"]["reference"]]
    return {
        "id": first["id"],
        "lot": implant["lotNumber"],
        "udiDi": implant["udiCarrier"][0]["deviceIdentifier"],
        "patient": first["subject"]["reference"].partition("/")[2],
    }


def variables(path: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The example variables of an operation, with those that name data taken from the sample."""
    file = path.with_suffix(".variables.json")
    given: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    known = {**facts, **({"id": facts["patient"]} if "patient" in path.stem else {})}
    return {
        name: ([known[name]] if isinstance(value, list) else known[name]) if name in known else value
        for name, value in given.items()
    }


def request(path: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The body that asks for an operation."""
    return {"query": path.read_text(encoding="utf-8"), "variables": variables(path, facts)}


async def answered(http: httpx.AsyncClient, path: Path, facts: Mapping[str, Any]) -> float:
    """Seconds until an operation is answered. Raises SystemExit where the answer has errors."""
    body = request(path, facts)
    start = perf_counter()
    answer = (await http.post("/graphql", json=body)).json()
    passed = perf_counter() - start
    if "errors" in answer:
        raise SystemExit(f"{path.stem}: {answer['errors'][0]['message']}")
    return passed


async def longest_wait(http: httpx.AsyncClient, facts: Mapping[str, Any]) -> float:
    """The longest time that a page takes while statistics are computed."""
    statistics = next(path for path in OPERATIONS if "statistics" in path.stem)
    page = next(path for path in OPERATIONS if "procedure-page" in path.stem)
    running = asyncio.create_task(answered(http, statistics, facts))
    waits = [await answered(http, page, facts)]
    while not running.done():
        waits.append(await answered(http, page, facts))
    await running
    return max(waits)


async def main(small: Path, large: Path) -> None:
    """Measures and prints."""
    facts = sample()
    async with AsyncExitStack() as stack:
        clients = []
        for directory in (small, large):
            settings = read_settings({"DMI_STORE": f"embedded:{directory}", "DMI_EXAMPLE_DATA": "off"})
            app = create_app(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app)
            client = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=120)
            clients.append(await stack.enter_async_context(client))
            size = sum(file.stat().st_size for file in directory.iterdir())
            print(f"{directory.name}: {size / 1e9:.2f} GB")
        search_seldom()  # as `serve` does
        print(f"{'operation':32} {'small':>9} {'large':>9} {'ratio':>6}")
        for path in OPERATIONS:
            times: list[list[float]] = [[], []]
            for run in range(RUNS):
                for client, measured in zip(clients, times, strict=True):
                    passed = await answered(client, path, facts)
                    if run:  # the first run parses the document and warms the caches
                        measured.append(passed)
            before, after = map(median, times)
            print(f"{path.stem:32} {before * 1e3:6.1f} ms {after * 1e3:6.1f} ms {after / before:6.2f}")
        print(f"a page while statistics are computed: at most {await longest_wait(clients[1], facts) * 1e3:.0f} ms")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
