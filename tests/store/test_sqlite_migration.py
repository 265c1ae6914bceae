"""Files of earlier releases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import apsw
import pytest

from app.errors import DuplicateKey
from app.search.algebra import And, Eq, Linked, Range, Search, SearchValues, SortKey
from app.store.sqlite import SqliteStore
from app.store.sqlite.layout import APPLICATION_ID
from tests.store import toy
from tests.store.toy import INDEX, deletion, named, write

if TYPE_CHECKING:
    from pathlib import Path

FORMAT_1: Final = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE parameter (
    number INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (type, name)
) STRICT;
CREATE TABLE resource (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX resource_id ON resource (type, id);
CREATE INDEX resource_type ON resource (type);
CREATE TABLE document (key INTEGER PRIMARY KEY REFERENCES resource, text TEXT NOT NULL) STRICT;
CREATE TABLE history (
    key INTEGER NOT NULL REFERENCES resource, version INTEGER NOT NULL,
    at TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (key, version)
) STRICT;
CREATE TABLE change (
    sequence INTEGER PRIMARY KEY, key INTEGER NOT NULL REFERENCES resource, version INTEGER NOT NULL
) STRICT;
CREATE TABLE value (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (key, parameter, text)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX value_text ON value (parameter, text, key);
CREATE TABLE interval (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, lo TEXT NOT NULL, hi TEXT NOT NULL, shared INTEGER NOT NULL,
    PRIMARY KEY (key, parameter, lo, hi)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX interval_shared ON interval (parameter, shared, lo, hi, key);
CREATE TABLE span (
    parameter INTEGER NOT NULL, shared INTEGER NOT NULL, PRIMARY KEY (parameter, shared)
) STRICT, WITHOUT ROWID;
CREATE TABLE several (parameter INTEGER PRIMARY KEY) STRICT;
CREATE TABLE sort (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (key, parameter)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sort_text ON sort (parameter, text, key);
"""
"""The tables of release 0.1.0."""

FORMAT_2: Final = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE parameter (
    number INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (type, name)
) STRICT;
CREATE TABLE resource (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL, live INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX resource_id ON resource (type, id);
CREATE TABLE document (key INTEGER PRIMARY KEY REFERENCES resource, text TEXT NOT NULL) STRICT;
CREATE TABLE history (
    key INTEGER NOT NULL REFERENCES resource, version INTEGER NOT NULL,
    at TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (key, version)
) STRICT;
CREATE TABLE change (
    sequence INTEGER PRIMARY KEY, key INTEGER NOT NULL REFERENCES resource, version INTEGER NOT NULL
) STRICT;
CREATE INDEX resource_type ON resource (type, live);
CREATE TABLE term (number INTEGER PRIMARY KEY, parameter INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX term_text ON term (parameter, text);
CREATE TABLE value (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, term INTEGER NOT NULL, PRIMARY KEY (key, parameter, term)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX value_term ON value (parameter, term, key);
CREATE TABLE link (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, target INTEGER NOT NULL, PRIMARY KEY (key, parameter, target)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX link_target ON link (parameter, target, key);
CREATE TABLE interval (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, lo TEXT NOT NULL, hi TEXT NOT NULL, shared INTEGER NOT NULL,
    PRIMARY KEY (key, parameter, lo, hi)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX interval_shared ON interval (parameter, shared, lo, hi, key);
CREATE TABLE span (
    parameter INTEGER NOT NULL, shared INTEGER NOT NULL, PRIMARY KEY (parameter, shared)
) STRICT, WITHOUT ROWID;
CREATE TABLE several (parameter INTEGER PRIMARY KEY) STRICT;
CREATE TABLE spelled (parameter INTEGER PRIMARY KEY) STRICT;
CREATE TABLE sort (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (key, parameter)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sort_text ON sort (parameter, text, key);
"""
"""The tables of release 0.2.0."""

AT: Final = "2024-01-01T00:00:00.000Z"
MANY: Final = 450
"""Resources of more than one batch."""

HOUSE: Final = Linked("general-practitioner", "Practitioner", Eq("family", "house"), ("Practitioner/",))


def document(type_name: str, id_: str, version: int, elements: str) -> str:
    """The JSON text of a stored version."""
    meta = f'"meta":{{"versionId":"{version}","lastUpdated":"{AT}"}}'
    return f'{{"resourceType":"{type_name}","id":"{id_}",{meta},{elements}}}'


@pytest.fixture
def written_by_0_1_0(tmp_path: Path) -> Path:
    """A file in format 1: patients p1, p2, … of one practitioner, who stands after them and has changed once."""
    connection = apsw.Connection(str(tmp_path / "dmi.sqlite3"))
    connection.pragma("journal_mode", "wal")
    connection.execute(f"BEGIN; {FORMAT_1} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1")
    connection.execute("INSERT INTO setting VALUES ('index', '1')")
    connection.execute("INSERT INTO parameter VALUES (1, 'Patient', 'family'), (2, 'Patient', '_lastUpdated')")
    for key in range(1, MANY + 1):
        connection.execute("INSERT INTO resource VALUES (?, 'Patient', ?, 1, ?, 'me')", (key, f"p{key}", AT))
        elements = '"generalPractitioner":[{"reference":"Practitioner/1"}],"birthDate":"2000-01-01","x":1.50'
        connection.execute("INSERT INTO document VALUES (?, ?)", (key, document("Patient", f"p{key}", 1, elements)))
        connection.execute("INSERT INTO value VALUES (?, 1, 'outdated')", (key,))
        connection.execute("INSERT INTO sort VALUES (?, 2, ?)", (key, AT))
        connection.execute("INSERT INTO change (key, version) VALUES (?, 1)", (key,))
    connection.execute("INSERT INTO resource VALUES (?, 'Practitioner', '1', 2, ?, 'me')", (MANY + 1, AT))
    now, before = (
        document("Practitioner", "1", version, f'"name":[{{"family":"{name}"}}]')
        for version, name in ((2, "house"), (1, "cuddy"))
    )
    connection.execute("INSERT INTO document VALUES (?, ?)", (MANY + 1, now))
    connection.execute("INSERT INTO history VALUES (?, 1, ?, 'you', ?)", (MANY + 1, AT, before))
    connection.execute("INSERT INTO change (key, version) VALUES (?1, 1), (?1, 2)", (MANY + 1,))
    connection.execute("COMMIT")
    connection.close()
    return tmp_path


def content(directory: Path) -> list[list[Any]]:
    """All that a migration has to leave as it is."""
    connection = apsw.Connection(str(directory / "dmi.sqlite3"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [
            list(connection.execute(statement))
            for statement in (
                "SELECT key, type, id, version, at, author FROM resource ORDER BY key",
                "SELECT * FROM document ORDER BY key",
                "SELECT * FROM history ORDER BY key",
                "SELECT * FROM change ORDER BY sequence",
                "PRAGMA integrity_check",
            )
        ]
    finally:
        connection.close()


async def test_a_file_of_release_0_1_0_is_searched_by_the_present_tables(written_by_0_1_0: Path) -> None:
    store = SqliteStore(written_by_0_1_0, INDEX)
    await store.open()
    assert await store.count("Patient", And()) == MANY
    assert await store.count("Patient", HOUSE) == MANY
    assert await store.count("Patient", Range("birthdate", lo_from="2000")) == MANY
    assert await store.count("Patient", Eq("family", "outdated")) == 0
    page = await store.search("Patient", Search(sort=(SortKey("birthdate"),), count=3))
    assert [row.resource["id"] for row in page.rows] == ["p1", "p10", "p100"]
    assert {index.state for index in await store.indexes()} == {"present"}
    await store.close()


async def test_resources_history_and_changes_are_left_as_they_are(written_by_0_1_0: Path) -> None:
    before = content(written_by_0_1_0)
    store = SqliteStore(written_by_0_1_0, INDEX)
    await store.open()
    await store.close()
    assert content(written_by_0_1_0) == before


async def test_a_migrated_resource_gets_its_next_version(written_by_0_1_0: Path) -> None:
    store = SqliteStore(written_by_0_1_0, INDEX)
    await store.open()
    [stored] = await store.write([write("1", {"resourceType": "Practitioner"}, expected=2)])
    assert stored.version == 3
    assert await store.count("Patient", HOUSE) == 0
    await store.close()


async def test_a_migration_that_was_killed_in_the_middle_is_finished_at_the_next_start(written_by_0_1_0: Path) -> None:
    before, budget = content(written_by_0_1_0), iter(range(MANY // 2))

    def failing(resource: toy.Document) -> SearchValues:
        if next(budget, None) is None:
            raise RuntimeError
        return toy.values(resource)

    with pytest.raises(RuntimeError):
        await SqliteStore(written_by_0_1_0, replace(INDEX, values=failing)).open()
    store = SqliteStore(written_by_0_1_0, INDEX)
    await store.open()
    assert await store.count("Patient", HOUSE) == MANY
    await store.close()
    assert content(written_by_0_1_0) == before


async def test_tables_that_cannot_be_made_leave_the_file_in_its_format(
    written_by_0_1_0: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(written_by_0_1_0)
    monkeypatch.setattr("app.store.sqlite.file.SEARCH", "CREATE TABLE value (a); SELECT no_such_function()")
    store = SqliteStore(written_by_0_1_0, INDEX)
    with pytest.raises(Exception, match="is damaged"):
        await store.open()
    monkeypatch.undo()
    assert content(written_by_0_1_0) == before
    await store.open()
    assert await store.count("Patient", HOUSE) == MANY
    await store.close()


@pytest.fixture
def written_by_0_2_0(tmp_path: Path) -> Path:
    """A file in format 2: patient p1, who has changed once, and a practitioner who is only referred to."""
    connection = apsw.Connection(str(tmp_path / "dmi.sqlite3"))
    connection.pragma("journal_mode", "wal")
    connection.execute(f"BEGIN; {FORMAT_2} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 2")
    connection.execute("INSERT INTO setting VALUES ('index', '1')")
    connection.execute("INSERT INTO parameter VALUES (1, 'Patient', 'family'), (2, 'Patient', '_lastUpdated')")
    connection.execute("INSERT INTO parameter VALUES (3, 'Patient', 'general-practitioner')")
    connection.execute("INSERT INTO resource VALUES (1, 'Patient', 'p1', 2, ?, 'me', 1)", (AT,))
    connection.execute("INSERT INTO resource VALUES (2, 'Practitioner', '1', 0, '', '', 0)")
    doctor = '"generalPractitioner":[{"reference":"Practitioner/1"}],"name":[{"family":"A"}]'
    connection.execute("INSERT INTO document VALUES (1, ?)", (document("Patient", "p1", 2, doctor),))
    before = document("Patient", "p1", 1, '"name":[{"family":"B"}]')
    connection.execute("INSERT INTO history VALUES (1, 1, ?, 'you', ?)", (AT, before))
    connection.execute("INSERT INTO change (key, version) VALUES (1, 1), (1, 2)")
    connection.execute("INSERT INTO term VALUES (1, 1, 'A')")
    connection.execute("INSERT INTO value VALUES (1, 1, 1)")
    connection.execute("INSERT INTO link VALUES (1, 3, 2)")
    connection.execute("INSERT INTO sort VALUES (1, 1, 'A'), (1, 2, ?)", (AT,))
    connection.execute("COMMIT")
    connection.close()
    return tmp_path


async def test_a_file_of_release_0_2_0_is_taken_over_as_it_is(written_by_0_2_0: Path) -> None:
    before = content(written_by_0_2_0)

    def untouched(resource: toy.Document) -> SearchValues:
        raise AssertionError

    store = SqliteStore(written_by_0_2_0, replace(INDEX, values=untouched))  # no search value is made anew
    await store.open()
    assert await store.count("Patient", Eq("family", "A")) == 1
    assert [(each.version, each.operation, each.author) for each in await store.history("Patient", "p1", 10)] == [
        (2, "update", "me"),
        (1, "create", "you"),
    ]
    await store.close()
    assert content(written_by_0_2_0) == before


async def test_nothing_is_wrong_with_a_file_of_release_0_2_0(written_by_0_2_0: Path) -> None:
    store = SqliteStore(written_by_0_2_0, INDEX)
    await store.open()
    assert await store.inspect("Patient", "", 10) == ("p1", [])
    assert list(await store.check_file()) == []
    await store.close()


@pytest.mark.parametrize("release", ["written_by_0_1_0", "written_by_0_2_0"])
async def test_a_migrated_file_takes_deletions_keys_and_names(release: str, request: pytest.FixtureRequest) -> None:
    store = SqliteStore(request.getfixturevalue(release), INDEX)
    await store.open()
    await store.write([deletion("Patient", "p1")])
    [stored] = await store.write([write("p1", named("C"), keys=("k",))])
    with pytest.raises(DuplicateKey):
        await store.write([write("new", named("D"), keys=("k",))])
    assert [each.operation for each in await store.history("Patient", "p1", 2)] == ["create", "delete"]
    assert (await store.reserve("n", "me", 60)).held
    assert stored.version == len(await store.history("Patient", "p1", 10))
    await store.close()


async def test_a_migrated_file_is_not_opened_by_an_earlier_release(written_by_0_2_0: Path) -> None:
    store = SqliteStore(written_by_0_2_0, INDEX)
    await store.open()
    await store.close()
    connection = apsw.Connection(str(written_by_0_2_0 / "dmi.sqlite3"))
    assert connection.pragma("user_version") > 2
    connection.close()
