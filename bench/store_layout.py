"""Measures the embedded store: how fast it loads, how large its tables are, and how long each kind of question takes.

    .venv/bin/python bench/store_layout.py DIRECTORY [PROCEDURES]

Loads the demo hospital with that many procedures (default 100,000; 3.5 resources each) into the directory, unless a
store is there already, and then asks each question three times. The first time is with a cold page cache of SQLite,
the best one with a warm one. 1,000,000 procedures take about 10 GB.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import apsw

from app.demo.hospital import hospital
from app.intake.keep import keep
from app.search.algebra import (
    And,
    Contains,
    Eq,
    Facet,
    Link,
    Linked,
    Missing,
    Not,
    Prefix,
    Referenced,
    Search,
    SortKey,
)
from app.search.index import search_index
from app.store.sqlite import SqliteStore
from app.store.sqlite.file import FILE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.search.algebra import Filter

    Question: TypeAlias = Callable[[], Awaitable[object]]

PARENTS = 50
LATEST = (SortKey("date", descending=True),)
DEVICE, PATIENT = ("Device/",), ("Patient/",)
VIA_DEVICE = Link("focal_device", "Device", DEVICE)
LIVE = And((Not(Eq("status", "entered-in-error")), Not(Eq("status", "not-done"))))
UNUSED = Not(Referenced("Procedure", "focal_device", And(), DEVICE))
SIZES = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 14"


def device(wanted: Filter) -> Linked:
    """Procedures on a device that the filter matches."""
    return Linked("focal_device", "Device", wanted, DEVICE)


def patient(wanted: Filter) -> Linked:
    """Procedures on a patient whom the filter matches."""
    return Linked("patient", "Patient", wanted, PATIENT)


async def load(store: SqliteStore, procedures: int) -> None:
    """Load the demo hospital and tell the rate."""
    begun, used, loaded = time.perf_counter(), time.process_time(), 0
    async for size in keep(store, hospital(procedures, 1)):
        loaded += size
    took, busy = time.perf_counter() - begun, time.process_time() - used
    print(f"{loaded} resources in {took:.0f} s: {loaded / took:.0f} /s ({loaded / busy:.0f} per second of processor)")


def show_sizes(file: Path) -> None:
    """Print the size of the file and of its largest tables and indexes."""
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    print(f"{file.stat().st_size / 1e6:.0f} MB")
    for name, size in connection.execute(SIZES):
        print(f"    {name:16} {size / 1e6:9.1f} MB")
    connection.close()


async def questions(store: SqliteStore) -> dict[str, Question]:
    """What is asked, by title."""
    patients = (await store.search("Patient", Search(count=PARENTS))).rows
    targets = [(f"Patient/{row.resource['id']}",) for row in patients]
    lots = await store.tally("Device", And(), [Facet("lotNumber")], 10)
    lot = next(iter(lots[0].counts))

    def page(wanted: Filter, type_name: str = "Procedure", sort: tuple[SortKey, ...] = LATEST) -> Question:
        return lambda: store.search(type_name, Search(wanted, sort, 50))

    def tally(wanted: Filter, *facets: Facet) -> Question:
        return lambda: store.tally("Procedure", wanted, facets)

    month, kind = Facet("date", length=7), Facet("definitionType", VIA_DEVICE)
    return {
        "page: by date": page(And()),
        "page: of a patient, by date": page(Eq("patient", targets[7][0])),
        "page: of a status, by date": page(Eq("status", "completed")),
        "page: of a rare status, by date": page(Eq("status", "not-done")),
        "page: device of a lot, by date": page(device(Eq("lotNumber", lot))),
        "page: male patients, by date": page(patient(Eq("gender", "male"))),
        "page: device's manufacturer begins with p": page(device(Prefix("manufacturer", "p"))),
        "page: two chains that nothing meets": page(
            And((patient(Eq("gender", "male")), patient(Eq("gender", "female"))))
        ),
        "page: name contains": page(Contains("name", "arti"), "Patient", (SortKey("family"),)),
        "page: devices that nothing refers to": page(And((UNUSED, Missing("patient"))), "Device", ()),
        "count: male patients": lambda: store.count("Procedure", patient(Eq("gender", "male"))),
        "count: devices that nothing refers to": lambda: store.count("Device", UNUSED),
        f"related: procedures of {PARENTS} patients": lambda: store.related(
            "Procedure", "patient", targets, Search(sort=LATEST, count=10)
        ),
        f"count_related: of {PARENTS} patients": lambda: store.count_related("Procedure", "patient", targets, And()),
        "tally: month": tally(And(), month),
        "tally: type of the device": tally(And(), kind),
        "tally: complete type of the device": tally(And(), Facet("type", VIA_DEVICE, complete=True)),
        "tally: month and type, not of two statuses": tally(LIVE, month, kind),
        "tally: month and type, of one status": tally(Eq("status", "completed"), month, kind),
        "tally: by patient": tally(And(), Facet("patient")),
    }


async def main(directory: Path, procedures: int) -> None:
    """Load, then ask."""
    new = not (directory / FILE).exists()
    store = SqliteStore(directory, search_index())
    await store.open()
    if new:
        await load(store, procedures)
    show_sizes(directory / FILE)
    for title, ask in (await questions(store)).items():
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            await ask()
            times.append((time.perf_counter() - begun) * 1000)
        print(f"{title:46} first {times[0]:8.1f} ms, best {min(times):8.1f} ms")
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000))
