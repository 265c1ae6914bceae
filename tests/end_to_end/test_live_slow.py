"""Clients that do not read: the server does not keep for them what they do not take."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.builders import procedure
from tests.end_to_end.processes import command, serving
from tests.eventually import eventually
from tests.sockets import socket

if TYPE_CHECKING:
    from tests.end_to_end.processes import Server

CLIENTS, CHANGES, SIZE = 20, 100, 100_000
PATCH = "mutation ($id: ID!, $resource: FHIR!) { ProcedureUpdate(id: $id, resource: $resource) { location } }"
CREATE = "mutation ($resource: FHIR!) { ProcedureCreate(resource: $resource) { resource { id } } }"
RESUMED = "subscription ($cursor: String) { ProcedureChanged(cursor: $cursor) { cursor id resource { raw } } }"
CHANGED = "subscription { ProcedureChanged { cursor version resource { note { text } } } }"


def memory(server: Server) -> int:
    """The bytes that a server has in memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1_024


def figure(server: Server, name: str) -> float:
    """What the metrics tell."""
    text = httpx.get(f"{server.url}/metrics").text
    return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0)


def large(number: int) -> dict[str, object]:
    """A procedure with a long note."""
    return procedure(note=[{"text": f"{number} ".ljust(SIZE, "x")}])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read in Linux's /proc")
async def test_what_nobody_reads_takes_no_memory(tmp_path: Path) -> None:
    settings = {"DMI_STORE": f"embedded:{tmp_path}", "DMI_EXAMPLE_DATA": "off", "DMI_METRICS": "on"}
    with serving(**settings, DMI_MAX_UNREAD="1000000", DMI_MAX_CLIENT_SECONDS="1") as server:
        created = await asyncio.to_thread(server.ask, CREATE, {"resource": large(0)})
        id_ = created["data"]["ProcedureCreate"]["resource"]["id"]
        async with AsyncExitStack() as stack:
            idle = [await stack.enter_async_context(socket(server.url, max_queue=1)) for _ in range(CLIENTS)]
            for each in idle:
                await each.greet()
                await each.subscribe(CHANGED)
            before = memory(server)
            for number in range(1, CHANGES + 1):
                await asyncio.to_thread(server.ask, PATCH, {"id": id_, "resource": large(number)})
            grown = memory(server) - before
            await eventually(lambda: figure(server, 'dmi_busy{what="sockets"}') == 0, 30)
            closed = [await each.closed() for each in idle]
        assert figure(server, 'dmi_sockets_closed_total{reason="slow"}') == CLIENTS
    assert grown < 60_000_000, f"{CLIENTS * CHANGES * SIZE} bytes were to be told"
    assert {code for code, _ in closed} <= {1013, 1006}, "whoever reads again in time is told why"


async def test_a_server_that_stops_goes_away_and_waits_for_nobody_who_does_not_read(tmp_path: Path) -> None:
    with serving(DMI_STORE=f"embedded:{tmp_path}", DMI_EXAMPLE_DATA="off", DMI_MAX_UNREAD="100000000") as server:
        created = await asyncio.to_thread(server.ask, CREATE, {"resource": large(0)})
        id_ = created["data"]["ProcedureCreate"]["resource"]["id"]
        async with socket(server.url, max_queue=1) as idle, socket(server.url) as client:
            await idle.greet()
            await idle.subscribe(CHANGED)
            await client.greet()
            await client.subscribe("subscription { PatientChanged { id } }")
            for number in range(1, 80):
                await asyncio.to_thread(server.ask, PATCH, {"id": id_, "resource": large(number)})
            server.process.terminate()
            assert await client.closed() == (1001, "")
            # It would be cut off after twenty seconds.
            assert await asyncio.to_thread(server.process.wait, 10) == 0
            assert (await idle.closed())[0] in (1001, 1006)
        assert server.log == []


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read in Linux's /proc")
async def test_many_who_missed_much_are_told_all_of_it_in_little_memory(tmp_path: Path) -> None:
    missed, clients = 2_000, 50
    store, settings = f"embedded:{tmp_path / 'store'}", {"DMI_EXAMPLE_DATA": "off", "DMI_UNIQUE_INTERVENTIONS": "off"}
    file = tmp_path / "missed.ndjson"
    note = [{"text": "x" * 2_000}]
    file.write_text("".join(json.dumps(procedure(id=f"m{number}", note=note)) + "\n" for number in range(missed)))
    with serving(DMI_STORE=store, **settings) as server:
        async with socket(server.url) as client:
            await client.greet()
            await client.subscribe(RESUMED)
            await asyncio.to_thread(server.ask, CREATE, {"resource": procedure()})
            [first] = await client.told()
        loaded = await asyncio.to_thread(command, "load", str(file), DMI_STORE=store, **settings)
        assert loaded.returncode == 0, loaded.stderr
        before, most = memory(server), 0
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(socket(server.url)) for _ in range(clients)]
            for each in sockets:
                await each.greet()
                payload = {"query": RESUMED, "variables": {"cursor": first["cursor"]}}
                await each.say(type="subscribe", id="1", payload=payload)
            telling = asyncio.gather(*(each.told(missed) for each in sockets))
            while not telling.done():
                most = max(most, memory(server))
                await asyncio.wait([telling], timeout=0.2)
            told = await telling
    assert all([change["id"] for change in each] == [f"m{number}" for number in range(missed)] for each in told)
    assert most - before < 200_000_000, f"{clients * missed * 2_000} bytes were told"
