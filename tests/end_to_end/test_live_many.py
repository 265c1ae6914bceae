"""Many subscribers: none misses a change, none is told one twice, whoever writes and whatever breaks."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.builders import procedure
from tests.end_to_end.processes import command, serving
from tests.sockets import socket

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.processes import Server
    from tests.sockets import Socket

SUBSCRIBERS = 200
CREATE = "mutation ($resource: FHIR!) { ProcedureCreate(resource: $resource) { resource { id } } }"
CHANGED = """subscription ($cursor: String) {
  ProcedureChanged(cursor: $cursor) { cursor id version resource { status subject { reference } } }
}"""
SETTINGS = {"DMI_EXAMPLE_DATA": "off", "DMI_UNIQUE_INTERVENTIONS": "off", "DMI_MAX_SOCKETS": "1000"}

Told = list[tuple[str, str]]


class Listener:
    """Hears of so many changes, and comes again with its last cursor whenever its socket breaks.

    It breaks by itself after `breaks` changes, if that is given."""

    def __init__(self, server: Server, number: int, breaks: int | None) -> None:
        self.heard: Told = []
        self.listens = asyncio.Event()
        self._server = server
        self._number = number
        self._breaks = breaks
        self._cursor: str | None = None

    async def listen(self) -> Told:
        """What it has heard in the end."""
        while len(self.heard) < self._number:
            async with socket(self._server.url) as client:
                await client.greet()
                await client.say(type="subscribe", id="1", payload=self._payload())
                await client.say(type="ping")
                await self._hear(client)
        return self.heard

    async def _hear(self, client: Socket) -> None:
        while len(self.heard) < self._number:
            message = await client.heard()
            if message["type"] == "pong":
                self.listens.set()
                continue
            change = message["payload"]["data"]["ProcedureChanged"]
            self.heard.append((change["id"], change["version"]))
            self._cursor = change["cursor"]
            if self._breaks is not None and len(self.heard) >= self._breaks:
                self._breaks = None
                return

    def _payload(self) -> dict[str, Any]:
        return {"query": CHANGED, "variables": {"cursor": self._cursor}}


async def loaded(folder: Path, number: int, store: str) -> None:
    """Have another process store so many procedures."""
    file = folder / "procedures.ndjson"
    file.write_text("".join(json.dumps(procedure(id=f"loaded-{n}")) + "\n" for n in range(number)))
    done = await asyncio.to_thread(command, "load", str(file), DMI_STORE=store, **SETTINGS)
    assert done.returncode == 0, done.stderr


async def created(server: Server, number: int) -> None:
    """Have the server store so many procedures, some at once."""
    body = {"query": CREATE, "variables": {"resource": procedure()}}
    async with httpx.AsyncClient(timeout=60) as http:
        places = asyncio.Semaphore(4)

        async def create() -> None:
            async with places:
                answer = await http.post(f"{server.url}/graphql", json=body)
                assert "errors" not in answer.json()

        await asyncio.gather(*(create() for _ in range(number)))


@pytest.mark.parametrize(
    ("workers", "number"),
    [
        ("2", 20),
        pytest.param("1", 1_000, marks=pytest.mark.long),
        pytest.param("2", 1_000, marks=pytest.mark.long),
    ],
)
async def test_each_of_200_subscribers_is_told_every_change_once(tmp_path: Path, number: int, workers: str) -> None:
    store = f"embedded:{tmp_path / 'store'}"
    with serving(DMI_STORE=store, DMI_WORKERS=workers, **SETTINGS) as server:
        listeners = [Listener(server, number, number // 2 if n % 2 else None) for n in range(SUBSCRIBERS)]
        tasks = [asyncio.create_task(each.listen()) for each in listeners]
        await asyncio.gather(*(each.listens.wait() for each in listeners))
        await asyncio.gather(created(server, number // 2), loaded(tmp_path, number - number // 2, store))
        heard = await asyncio.gather(*tasks)
    assert len(set(heard[0])) == number, "none is told twice"
    assert all(each == heard[0] for each in heard), "all are told the same, in the same order"
    assert server.log == []
