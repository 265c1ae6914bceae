"""The trail of use as operators read and erase it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.search.index import search_index
from app.store.repository import Event
from app.store.sqlite import SqliteStore
from app.usage.audit_trail import id_at
from tests.end_to_end.processes import command

if TYPE_CHECKING:
    from pathlib import Path


async def fill(directory: Path) -> None:
    store = SqliteStore(directory, search_index())
    await store.open()
    for year in (2019, 2020):
        what = [{"what": {"reference": f"Patient/{year}"}}]
        event = Event(id_at(datetime(year, 6, 1, 12, tzinfo=UTC)), {"resourceType": "AuditEvent", "entity": what})
        await store.keep_events([event])
    await store.close()


def test_the_trail_is_shown_and_what_is_old_is_erased_when_that_is_confirmed(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    store = {"DMI_STORE": f"embedded:{tmp_path}", "LANG": "C"}
    old = ("audit", "--erase-before", "2020", "--reason", "age")

    shown = command("audit", "--about", "Patient/2020", **store)
    assert [json.loads(line)["entity"][0]["what"]["reference"] for line in shown.stdout.splitlines()] == [
        "Patient/2020"
    ]
    assert "1 events are older" in command(*old, **store).stderr
    assert "1 events erased" in command(*old, "--yes", **store).stderr
    left = [json.loads(line) for line in command("audit", **store).stdout.splitlines()]
    assert [each.get("action") for each in left] == [None, "D"]
