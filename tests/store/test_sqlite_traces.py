"""What is left of an erased resource in the file of the embedded store: nothing."""

# ruff: noqa: S608 - the statements are the tests' own

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import apsw
import pytest

from app.search.algebra import And, Eq
from app.store.sqlite import SqliteStore
from tests.store.toy import INDEX, Document, deletion, named, patient, refers, values, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SECRET = "Wilhelmine-Euphrosyne"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    yield store
    await store.close()


def secret(number: int, **elements: object) -> Document:
    """A patient who is told by the secret in every kind of search value, in its text, and in whom it refers to."""
    own = f"{SECRET} {number}"
    return patient(
        name=[{"family": own}],
        identifier=[{"system": "urn:x", "value": own}],
        birthDate=own,
        generalPractitioner=[refers(f"Practitioner/{SECRET}"), refers(f"http://a/Practitioner/{SECRET}")],
        text={"div": own * 500},
        **elements,
    )


def traces(directory: Path) -> dict[str, int]:
    """How often the secret is in each file of a store."""
    counts = {entry.name: entry.read_bytes().count(SECRET.encode()) for entry in directory.iterdir()}
    return {name: count for name, count in counts.items() if count}


async def rows(store: SqliteStore, statement: str) -> list[object]:
    """What a statement gives on the connection that writes."""
    return await store._running().writer.run(lambda connection: list(connection.execute(statement)))


async def test_no_version_no_key_and_no_search_value_is_left_in_the_file_or_its_log(
    store: SqliteStore, tmp_path: Path
) -> None:
    await store.write([write(f"before{number}", named("A")) for number in range(50)])
    for number in range(4):
        await store.write([write("p1", secret(number), keys=(f"{SECRET} {number}",))])
    await store.write([write(f"after{number}", named("A")) for number in range(50)])
    assert traces(tmp_path)
    assert await store.erase("Patient", ["p1"]) == 1
    assert traces(tmp_path) == {}


async def test_what_was_deleted_before_is_erased_with_all_of_its_texts(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write("p1", secret(1)), write("p2", named("A"))])
    await store.write([deletion("Patient", "p1")])
    await store.erase("Patient", ["p1"])
    assert traces(tmp_path) == {}


async def test_the_id_is_left_where_others_refer_to_it_only(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write(SECRET, named("A")), write("d", {"resourceType": "Device", "patient": refers("x")})])
    await store.erase("Patient", [SECRET])
    assert traces(tmp_path) == {}
    await store.write([write("o", patient(managingOrganization=refers("Organization/1")))])
    await store.erase("Patient", ["o"])
    assert await rows(store, "SELECT type, id FROM resource") == [("Device", "d")]


async def test_samples_of_texts_in_statistics_are_erased(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write(f"p{number}", named(f"{number}{SECRET}")) for number in range(100)])
    await rows(store, "ANALYZE")
    await store.erase("Patient", [f"p{number}" for number in range(100)])
    assert traces(tmp_path) == {}


async def test_answers_in_the_ledger_are_erased_with_a_resource(store: SqliteStore) -> None:
    await store.write([write("p1", named("A"))])
    await store.reserve("p1", "me", 3600)
    await store.settle("p1", "me", f'{{"family": "{SECRET}"}}')
    await store.erase("Patient", ["p1"])
    assert await rows(store, "SELECT name FROM ledger") == []


async def test_changes_of_what_is_erased_are_not_those_of_what_gets_its_key(store: SqliteStore) -> None:
    await store.write([write("p1", named("A")), write("p2", named("A"))])
    await store.write([write("p2", named("B"))])
    await store.erase("Patient", ["p2"])
    await store.write([write("p3", named("C"))])
    log = "SELECT id, change.version FROM change JOIN resource USING (key) ORDER BY sequence"
    assert await rows(store, log) == [("p1", 1), ("p3", 1)]
    assert list(await store.check_file()) == []


async def test_a_text_that_only_earlier_versions_have_is_erased_with_them(store: SqliteStore) -> None:
    await store.write([write(f"p{number}", named("A", SECRET)) for number in range(3)])
    for number in range(3):
        await store.write([write(f"p{number}", named("A"))])
    assert await rows(store, f"SELECT 1 FROM term WHERE text = '{SECRET}'")
    await store.erase("Patient", ["p0"])
    assert await rows(store, f"SELECT 1 FROM term WHERE text = '{SECRET}'") == []


async def test_texts_that_only_an_earlier_index_has_found_are_gone_when_the_file_is_rewritten(
    store: SqliteStore, tmp_path: Path
) -> None:
    await store.write([write("p1", named(SECRET)), write("p2", patient(active=True))])
    await store.close()
    other = SqliteStore(tmp_path, replace(INDEX, version="2", values=lambda resource: values({**resource, "name": []})))
    await other.open()
    await other.erase("Patient", ["p1"])
    await other.compact()
    assert await rows(other, "SELECT text FROM term") == [("true",)]
    assert await other.count("Patient", Eq("active", "true")) == 1
    await other.close()
    assert traces(tmp_path) == {}


async def test_a_copy_in_the_unused_part_of_a_page_is_gone_when_the_file_is_rewritten(
    store: SqliteStore, tmp_path: Path
) -> None:
    await store.write([write(f"p{number}", named("A")) for number in range(20)])
    other = apsw.Connection(str(tmp_path / "dmi.sqlite3"))
    other.pragma("secure_delete", 0)
    other.execute("CREATE TABLE moved (text); INSERT INTO moved VALUES (?); DROP TABLE moved", (SECRET * 500,))
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    other.close()
    assert traces(tmp_path)
    await store.compact()
    assert traces(tmp_path) == {}
    assert await store.count("Patient", And()) == 20
    assert list(await store.check_file()) == []


async def test_a_store_in_memory_is_erased_and_has_nothing_to_compact() -> None:
    store = SqliteStore(None, INDEX)
    await store.open()
    await store.write([write("p1", secret(1))])
    assert await store.erase("Patient", ["p1"]) == 1
    await store.compact()
    assert await store.count("Patient", And()) == 0
    await store.close()
