"""How SQLite is asked what refers to many resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.search.algebra import And, Search, SortKey
from app.store.sqlite import SqliteStore, related
from app.store.sqlite.filters import Filters
from tests.store.toy import INDEX, procedure, refers, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import apsw

TARGETS = [(f"Patient/{number}", f"https://dmi.example/fhir/Patient/{number}") for number in range(50)]
LATEST = Search(sort=(SortKey("date", descending=True),), count=1)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    store = SqliteStore(None, INDEX)
    await store.open()
    await store.write(
        [
            write(f"p{number}-{text}", procedure("2024-01-01", subject=refers(target[text])))
            for number, target in enumerate(TARGETS)
            for text in (0, 1)
        ]
    )
    yield store
    await store.close()


async def _statements(store: SqliteStore, targets: list[tuple[str, str]]) -> int:
    """How many statements the pages and the counts of what refers to the targets take."""
    running = store._running()

    def counted(connection: apsw.Connection) -> int:
        statements: list[str] = []

        def note(_: Any, text: str, __: Any) -> bool:
            statements.append(text)
            return True

        connection.set_exec_trace(note)
        filters = Filters("Procedure", running.scheme)
        assert len(related.pages(connection, filters, "patient", targets, LATEST)) == len(targets)
        assert related.counts(connection, filters, "patient", targets, And()) == [2] * len(targets)
        connection.set_exec_trace(None)
        return len(statements)

    return await running.writer.run(counted)


async def test_few_references_to_many_targets_take_as_many_statements_as_to_one(store: SqliteStore) -> None:
    assert await _statements(store, TARGETS) == await _statements(store, TARGETS[:1]) <= 5


async def test_many_references_are_read_target_by_target(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    together = await store.related("Procedure", "patient", TARGETS, LATEST)
    monkeypatch.setattr(related, "TOGETHER", 99)
    assert await _statements(store, TARGETS) > 50
    assert await store.related("Procedure", "patient", TARGETS, LATEST) == together
