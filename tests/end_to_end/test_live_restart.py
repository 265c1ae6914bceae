"""Subscribers while the server of the store is killed and comes back: they notice nothing but time."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from app.errors import StoreUnavailable
from app.main import create_app
from app.settings import read_settings
from app.store.mongo import store as mongo
from app.store.repository import Write
from app.stores import store_of
from tests.builders import device, procedure
from tests.sockets import socket_of
from tests.store import secantusd

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.repository import Repository

CHANGED = """subscription ($cursor: String) {
  ProcedureChanged(lot: "LOT-1", cursor: $cursor) {
    id cursor resource { focalDevice { manipulated { resource { lotNumber } } } }
  }
}"""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    monkeypatch.setattr(mongo, "PATIENCE", 250)
    secantusd.sort_positions(monkeypatch)
    return secantusd.free_port()


def stored(id_: str) -> Write:
    """A procedure with a device of the lot."""
    return Write("Procedure", id_, procedure(id=id_))


async def answering(store: Repository) -> None:
    """Return when the driver has found the server, for which it looks every half second."""
    for _ in range(20):
        with suppress(StoreUnavailable):
            return await store.ready()
    return await store.ready()


async def test_subscribers_notice_no_restart_of_the_store(tmp_path: Path, port: int) -> None:
    settings = read_settings({"DMI_STORE": f"mongodb://127.0.0.1:{port}/dmi", "DMI_EXAMPLE_DATA": "off"})
    store = store_of(settings)
    app = create_app(settings, store)
    async with app.router.lifespan_context(app), socket_of(app) as client:
        with secantusd.running(tmp_path / "data", port):
            await answering(store)
            await store.write([Write("Device", "d1", device())])
            await client.greet()
            await client.subscribe(CHANGED)
            await store.write([stored("a")])
            await store.write([stored("b")])
            found = await client.told(2)
        with secantusd.running(tmp_path / "data", port):
            await answering(store)
            await store.write([stored("c")])
            found += await client.told()
            await client.say(type="complete", id="1")
            await client.subscribe(CHANGED, {"cursor": found[0]["cursor"]}, id="2")
            found += await client.told(2)
    assert [each["id"] for each in found] == ["a", "b", "c", "b", "c"]
    assert all(
        each["resource"]["focalDevice"][0]["manipulated"]["resource"] == {"lotNumber": "LOT-1"} for each in found
    )
