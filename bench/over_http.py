"""What a page costs over HTTP, everything included: bench/over_http.py

The processor time of the server's process for a page that one client asks for again and again. `cold` reads all from
the store (DMI_REFERENCE_CACHE=0), `warm` has what changes slowly in its cache. Over MongoDB, or its stand-in, the store
is another process: `waiting` is the time of an answer that is not the server's own. Last, the store's part in it.

The stand-in takes about a second a page, which is its own: it gets fewer pages, from fewer documents."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.asking import ROWS
from bench.dataset import fill
from bench.measure import Spread, ratio, run, show
from bench.mongodb import MONGODB, database
from bench.pages import Pages, compared, same_answers
from bench.serving import other, pinned_clients, product
from bench.store_share import store_share

STOCK: Final = "Strawberry's own executor and view"
COLD: Final = {"DMI_REFERENCE_CACHE": "0"}


async def compare(store: str, kind: str, pages_a_round: int, rounds: int) -> None:
    """A table of the servers on one store, which is filled."""
    with ExitStack() as stack:
        servers = {
            STOCK: stack.enter_context(other("stock", store)),
            "ours, cold": stack.enter_context(product(store, **COLD)),
            "ours, warm": stack.enter_context(product(store)),
        }
        lengths = await same_answers(servers)
        pages = {name: Pages(server, lengths[name], pages_a_round) for name, server in servers.items()}
        await compared(pages, rounds)
    lines = []
    for name, each in pages.items():
        less = ratio(pages[STOCK].costs, each.costs)
        lines.append((name, f"{Spread.of(each.costs):.2f}", f"{less:.1f}", f"{Spread.of(each.waits):.2f}"))
    show(
        f"A page of {ROWS} rows, {min(lengths.values()) / 1e3:.0f} KB, over HTTP, on {kind}",
        ("server", "ms of its processor a page", "times less than Strawberry's", "ms waiting"),
        lines,
    )
    commands, busy, passed = await store_share(store, pages_a_round, rounds)
    print(f"\nOf it the store, cold: {commands} commands, {busy:.2f} ms of this process, {passed:.2f} ms in all.")


async def main(quick: bool) -> None:
    """Measures and prints."""
    procedures = 200 if quick else 10_000
    print(f"\n{pinned_clients()} {procedures} procedures.")
    with TemporaryDirectory() as directory:
        embedded = f"embedded:{directory}/embedded"
        await fill(embedded, procedures)
        rounds = (3, 2) if quick else (40, 11)
        await compare(embedded, "the embedded store", *rounds)
        with database(Path(directory)) as found:
            if not found:
                print("\nNo MongoDB: set MONGODB_URI; secantusdb, its stand-in, has no wheel for this platform.")
                return
            kind, uri = found
            stand_in = kind != MONGODB
            await fill(uri, min(procedures, 500) if stand_in else procedures)
            await compare(uri, kind, *((3, 5) if stand_in and not quick else rounds))


if __name__ == "__main__":
    run(main, __doc__)
