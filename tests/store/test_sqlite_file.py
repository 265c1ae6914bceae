"""The file of the embedded store: what is in it, and when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from app.errors import StoreUnusable
from app.search.algebra import And, Search, SearchValues, SortKey
from app.store.repository import IndexState
from app.store.sqlite import SqliteStore
from app.store.sqlite.file import open_writer
from app.store.sqlite.layout import FORMAT
from tests.store.toy import INDEX, device, named, patient, refers, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    yield store
    await store.close()


def rows(directory: Path, statement: str) -> list[Any]:
    """What a statement gives on the file of a store."""
    connection = apsw.Connection(str(directory / "dmi.sqlite3"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


async def test_a_missing_directory_is_made(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a" / "b", INDEX)
    await store.open()
    await store.close()
    assert (tmp_path / "a" / "b" / "dmi.sqlite3").is_file()


async def test_directory_and_files_are_their_owners_alone(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store", INDEX)
    await store.open()
    await store.write([write("p1", named("A"))])
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in (tmp_path / "store").iterdir()}
    await store.close()
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    assert modes == dict.fromkeys(("dmi.sqlite3", "dmi.sqlite3-wal", "dmi.sqlite3-shm"), 0o600)


async def test_the_file_is_marked_as_ours(store: SqliteStore, tmp_path: Path) -> None:
    assert rows(tmp_path, "PRAGMA application_id") == [(0x444D4947,)]
    assert rows(tmp_path, "PRAGMA user_version") == [(FORMAT,)]
    assert rows(tmp_path, "PRAGMA journal_mode") == [("wal",)]


def test_a_commit_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    connection = open_writer(tmp_path)
    assert (connection.pragma("journal_mode"), connection.pragma("synchronous")) == ("wal", 2)
    connection.close()


async def test_earlier_versions_are_kept(store: SqliteStore, tmp_path: Path) -> None:
    for family in ("A", "B", "C"):
        await store.write([write("p1", named(family), author=f"by {family}")])
    assert rows(tmp_path, "SELECT version, author, text ->> '$.name[0].family' FROM history ORDER BY version") == [
        (1, "by A", "A"),
        (2, "by B", "B"),
    ]


async def test_every_change_is_logged_in_its_order(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write("p1", named("A")), write("p2", named("A"))])
    await store.write([write("p1", named("A")), write("p1", named("B"))])
    changes = rows(
        tmp_path, "SELECT sequence, id, change.version FROM change JOIN resource USING (key) ORDER BY sequence"
    )
    assert changes == [(1, "p1", 1), (2, "p2", 1), (3, "p1", 2)]


async def test_what_is_referred_to_keeps_its_key_when_it_arrives(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write("a", patient(generalPractitioner=[refers("Practitioner/1")]))])
    key = "SELECT key, version, live FROM resource WHERE type = 'Practitioner'"
    [(before, version, live)] = rows(tmp_path, key)
    await store.write([write("1", {"resourceType": "Practitioner"})])
    assert (version, live) == (0, 0)
    assert rows(tmp_path, key) == [(before, 1, 1)]
    assert rows(tmp_path, "SELECT target FROM link") == [(before,)]


async def test_a_text_is_kept_once_however_many_have_it(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write(f"p{number}", named("durand")) for number in range(5)])
    assert rows(tmp_path, "SELECT count(*) FROM term WHERE text = 'durand'") == [(1,)]
    assert rows(tmp_path, "SELECT count(*) FROM value") == [(5,)]


async def test_an_index_that_somebody_has_dropped_is_made_again(store: SqliteStore, tmp_path: Path) -> None:
    await store.close()
    other = apsw.Connection(str(tmp_path / "dmi.sqlite3"))
    other.execute("DROP INDEX sort_text")
    other.close()
    await store.open()
    assert (await store.search("Patient", Search(sort=(SortKey("family"),)))).rows == []


async def test_values_of_a_parameter_that_is_no_more_are_stale_until_they_are_dropped(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    await store.write([write("p1", named("A")), write("d1", device("L1"))])
    await store.close()
    device_only = replace(INDEX, version="2", parameters={"Device": INDEX.parameters["Device"], "Patient": {}})
    store = SqliteStore(tmp_path, replace(device_only, values=lambda _: SearchValues({}, {}, {})))
    await store.open()
    stale = [index for index in await store.indexes() if index.state == "stale"]
    assert stale == [IndexState("Patient", "family", "stale")]
    assert await store.drop_stale() == stale
    assert await store.drop_stale() == []
    assert {index.state for index in await store.indexes()} == {"present"}
    await store.close()
    assert rows(tmp_path, "SELECT text FROM term") == [("L1",)]


async def test_several_writes_are_kept_all_or_none(store: SqliteStore) -> None:
    with pytest.raises(RuntimeError):
        await store.write([write("p1", named("A")), write("p2", Broken(named("B")))])
    assert await store.count("Patient", And()) == 0


class Broken(dict[str, Any]):
    """A resource that fails when it is stored."""

    def get(self, *_: Any) -> Any:
        raise RuntimeError


async def test_closing_ends_every_thread_and_leaves_one_file(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    await store.write([write("p1", named("A"))])
    await store.read("Patient", ["p1"])
    await store.close()
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not [name for name in left if name.startswith("dmi-")]
    assert [path.name for path in tmp_path.iterdir()] == ["dmi.sqlite3"]


async def _refusal(directory: Path) -> StoreUnusable:
    """The error at the opening of a store; it names the remedy in both languages."""
    store = SqliteStore(directory, INDEX)
    with pytest.raises(StoreUnusable) as raised:
        await store.open()
    await store.close()
    [issue] = raised.value.issues
    assert str(directory) in issue.en
    assert str(directory) in issue.fr
    return raised.value


async def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "a file is in the way" in str(await _refusal(tmp_path / "file"))
    assert "a file is in the way" in str(await _refusal(tmp_path / "file" / "below"))


async def test_a_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dmi.sqlite3").mkdir()
    assert "cannot be opened" in str(await _refusal(tmp_path))


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "dmi.sqlite3").write_bytes(b"not a database, " * 1000)
    assert "is not a store of this program" in str(await _refusal(tmp_path))
    assert (tmp_path / "dmi.sqlite3").read_bytes() == b"not a database, " * 1000


async def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "dmi.sqlite3")
    other.execute("CREATE TABLE theirs (a)")
    other.close()
    before = (tmp_path / "dmi.sqlite3").read_bytes()
    assert "is not a store of this program" in str(await _refusal(tmp_path))
    assert (tmp_path / "dmi.sqlite3").read_bytes() == before


async def test_a_store_in_a_newer_format_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    await store.close()
    newer = sqlite3.connect(tmp_path / "dmi.sqlite3")
    newer.execute(f"PRAGMA user_version = {FORMAT + 1}")
    newer.close()
    assert "newer release" in str(await _refusal(tmp_path))


async def test_a_damaged_store_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    await store.close()
    path = tmp_path / "dmi.sqlite3"
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8192)
    assert "is damaged" in str(await _refusal(tmp_path))


@pytest.mark.parametrize(
    "harm",
    [
        "DROP TABLE value",
        "DROP TABLE document",
        "DROP TABLE spelled",
        "DROP TABLE claim",
        "DROP TABLE ledger",
        "ALTER TABLE sort RENAME COLUMN text TO words",
        "DROP INDEX link_target; CREATE INDEX link_target ON link (target)",
        "PRAGMA user_version = 1",
        "DROP TABLE resource; PRAGMA user_version = 1",
    ],
)
async def test_a_store_without_the_tables_of_its_format_is_refused_and_left_as_it_is(
    store: SqliteStore, tmp_path: Path, harm: str
) -> None:
    await store.close()
    other = apsw.Connection(str(tmp_path / "dmi.sqlite3"))
    other.execute(harm)
    other.close()
    before = rows(tmp_path, "SELECT sql FROM sqlite_schema")
    assert "is damaged" in str(await _refusal(tmp_path))
    assert rows(tmp_path, "SELECT sql FROM sqlite_schema") == before


async def test_a_store_that_another_program_locks_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    await store.close()
    other = apsw.Connection(str(tmp_path / "dmi.sqlite3"))
    other.pragma("locking_mode", "exclusive")
    other.execute("BEGIN IMMEDIATE")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.store.sqlite.file.PATIENCE", 50)
        assert "is held by another program" in str(await _refusal(tmp_path))
    other.close()


async def test_a_file_or_directory_without_rights_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    await store.close()
    (tmp_path / "dmi.sqlite3").chmod(0o400)
    if os.access(tmp_path / "dmi.sqlite3", os.W_OK):
        pytest.skip("this user may write everywhere")
    assert "may not be read and written" in str(await _refusal(tmp_path))
    (tmp_path / "dmi.sqlite3").chmod(0)
    assert "cannot be opened" in str(await _refusal(tmp_path))
    tmp_path.chmod(0o500)
    assert "may not be read and written" in str(await _refusal(tmp_path / "below"))
    tmp_path.chmod(0o700)
