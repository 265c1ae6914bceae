"""Node servers that a user might pick instead, beside the product: bench/peers.py

The same page of the same documents under the same load, each server one process on one core: graphql-yoga, and
mercurius with its JIT on, read JSON texts from SQLite (better-sqlite3, one statement a level and type by dataloader),
or have all documents in memory. Their sources are in bench/peers; npm installs what they need there. The benchmark ends
where an answer is not the product's own."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from app.fhir.json import encode
from bench.asking import ROWS
from bench.dataset import documents, fill, latest_first
from bench.measure import Spread, ratio, run, show
from bench.pages import Pages, compared, same_answers
from bench.serving import ROOT, other, pinned_clients, product, served

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.fhir.resource import Resource
    from bench.serving import Server

PEERS: Final = ROOT / "bench" / "peers"
CLIENTS: Final = 8
STARTS: Final = 3
"""How often each server is started: Node's compiler does not come to the same code each time."""

KINDS: Final = {"graphql-yoga": "yoga", "mercurius with JIT": "mercurius"}
TABLE: Final = """
CREATE TABLE document (type TEXT NOT NULL, id TEXT NOT NULL, date TEXT, text TEXT NOT NULL, UNIQUE (type, id));
CREATE INDEX document_date ON document (type, date DESC, id);
"""


def installed() -> str:
    """Install the peers; what is missing if that cannot be done, else nothing."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        return "node and npm are missing"
    if not (PEERS / "node_modules").exists():
        command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        if subprocess.run(command, cwd=PEERS, check=False).returncode:  # noqa: S603 - npm, with words of our own
            return "npm cannot install them"
    return ""


def export(resources: list[Resource], file: Path) -> None:
    """Write the documents as JSON texts into a SQLite file, found by type and id, procedures by date too."""
    dates = {row.resource["id"]: row.position.keys[0] for row in latest_first(resources)}
    rows = ((each["resourceType"], each["id"], dates.get(each["id"]), encode(each).decode()) for each in resources)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(TABLE)
        connection.executemany("INSERT INTO document VALUES (?, ?, ?, ?)", rows)


async def compare(title: str, started: Callable[[ExitStack], Mapping[str, Server]], *, quick: bool) -> None:
    """A table of servers that read the same way; the first one is ours."""
    times, rounds = (CLIENTS, 2) if quick else (400, 5)
    rates: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    for _ in range(1 if quick else STARTS):
        with ExitStack() as stack:
            servers = started(stack)
            lengths = await same_answers(servers)
            pages = {name: Pages(server, lengths[name], times, CLIENTS) for name, server in servers.items()}
            await compared(pages, rounds)
        for name, each in pages.items():
            rates.setdefault(name, []).extend(each.rates)
            costs.setdefault(name, []).extend(each.costs)
    ours = next(iter(rates.values()))
    lines = [
        (name, f"{Spread.of(rates[name]):.0f}", f"{ratio(ours, rates[name]):.2f}", f"{Spread.of(costs[name]):.2f}")
        for name in rates
    ]
    columns = ("server", "pages a second", "ours, times as many", "ms of processor a page")
    show(f"A page of {ROWS} rows, {CLIENTS} clients, {title}", columns, lines)


async def main(quick: bool) -> None:
    """Measures and prints."""
    if missing := installed():
        print(f"\nThe Node servers are not measured: {missing}.")
        return
    procedures = 200 if quick else 10_000
    print(f"\n{pinned_clients()} {procedures} procedures. {versions()}")
    with TemporaryDirectory() as directory:
        file, store = Path(directory) / "peers.sqlite", f"embedded:{directory}/embedded"
        export(documents(procedures), file)
        await fill(store, procedures)

        def peers(place: str, stack: ExitStack) -> dict[str, Server]:
            commands = {name: ["node", "server.mjs", kind, place, str(file)] for name, kind in KINDS.items()}
            production = {"NODE_ENV": "production"}
            return {name: stack.enter_context(served(command, production, PEERS)) for name, command in commands.items()}

        def reading(stack: ExitStack) -> dict[str, Server]:
            warm = stack.enter_context(product(store))
            cold = stack.enter_context(product(store, DMI_REFERENCE_CACHE="0"))
            return {"ours": warm, "ours, cold": cold, **peers("file", stack)}

        def remembering(stack: ExitStack) -> dict[str, Server]:
            return {
                "ours": stack.enter_context(other("dictionaries", str(procedures))),
                **peers("memory", stack),
            }

        await compare("read from SQLite", reading, quick=quick)
        await compare("from memory", remembering, quick=quick)


def versions() -> str:
    """What the peers are."""
    package = json.loads((PEERS / "package.json").read_text(encoding="utf-8"))
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607 - found above
    named = ", ".join(f"{name} {version}" for name, version in package["dependencies"].items())
    return f"Node {node}, {named}."


if __name__ == "__main__":
    run(main, __doc__)
