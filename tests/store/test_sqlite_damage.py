"""Damage to the file of an embedded store is found and named."""

# ruff: noqa: S608 - the statements are the tests' own

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from app.errors import StoreUnusable
from app.search.algebra import Eq, Linked
from app.store.repository import Flaw
from app.store.sqlite import SqliteStore
from tests.store.toy import INDEX, deletion, named, patient, refers, stayed, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

P1 = "(SELECT key FROM resource WHERE id = 'p1')"
P3 = "(SELECT key FROM resource WHERE id = 'p3')"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    await store.write([write("p1", named("A")), write("p2", named("A")), write("p3", named("A"), keys=("k",))])
    doctors = [refers("Practitioner/1"), refers("http://a/Practitioner/2")]
    stays = stayed(("2020", "2021"), ("2022", "2023"))["address"]
    await store.write([write("p1", patient(name=named("B")["name"], generalPractitioner=doctors, address=stays))])
    await store.write([deletion("Patient", "p3")])
    yield store
    await store.close()


def harm(directory: Path, statements: str) -> None:
    """Change the file behind the store's back."""
    other = apsw.Connection(str(directory / "dmi.sqlite3"))
    other.execute(statements)
    other.close()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (f"UPDATE document SET text = substr(text, 1, 40) WHERE key = {P1}", "unreadable"),
        (f"UPDATE document SET text = '[]' WHERE key = {P1}", "unreadable"),
        (f"UPDATE document SET text = '' WHERE key = {P1}", "unreadable"),
        (f"UPDATE document SET text = CAST(x'7bff7d' AS TEXT) WHERE key = {P1}", "unreadable"),
        ("""UPDATE document SET text = replace(text, '"versionId":"2"', '"versionId":"7"')""", "unreadable"),
        (f"UPDATE history SET text = '{{' WHERE key = {P1}", "unreadable"),
        (f"DELETE FROM document WHERE key = {P1}", "unreadable"),
        (f"DELETE FROM value WHERE key = {P1}", "search-values"),
        (f"DELETE FROM link WHERE key = {P1}", "search-values"),
        (f"DELETE FROM interval WHERE key = {P1}", "search-values"),
        (f"DELETE FROM sort WHERE key = {P1}", "search-values"),
        (f"UPDATE interval SET shared = 9 WHERE key = {P1}", "search-values"),
        ("DELETE FROM term WHERE text = 'B'", "search-values"),
        ("DELETE FROM span", "search-values"),
        ("DELETE FROM several", "search-values"),
        ("DELETE FROM spelled", "search-values"),
        (f"DELETE FROM history WHERE key = {P1}", "history"),
        (f"UPDATE history SET version = 5 WHERE key = {P1}", "history"),
        (f"UPDATE history SET at = '9999' || substr(at, 5) WHERE key = {P1}", "history"),
        (f"INSERT INTO claim VALUES ('k', {P3})", "keys"),
        (f"INSERT INTO document VALUES ({P3}, '{{}}')", "history"),
        (f"INSERT INTO sort VALUES ({P3}, (SELECT parameter FROM sort LIMIT 1), 'x')", "search-values"),
    ],
)
async def test_what_is_wrong_with_a_resource_is_found(
    store: SqliteStore, tmp_path: Path, statement: str, problem: str
) -> None:
    harm(tmp_path, statement)
    _, flaws = await store.inspect("Patient", "", 10)
    assert problem in [flaw.problem for flaw in flaws if flaw.id in ("p1", "p3")]
    assert {flaw.id for flaw in flaws} == {"p3" if P3 in statement else "p1"}


@pytest.mark.parametrize("table", ["value", "link", "interval", "sort", "term", "span", "several", "spelled"])
async def test_search_values_that_were_lost_are_made_anew(store: SqliteStore, tmp_path: Path, table: str) -> None:
    harm(tmp_path, f"DELETE FROM {table}")
    await store.repair("Patient", ["p1", "p2", "p3"])
    _, flaws = await store.inspect("Patient", "", 10)
    assert flaws == []
    assert await store.count("Patient", Eq("family", "B")) == 1
    await store.write([write("1", {"resourceType": "Practitioner", "name": [{"family": "house"}]})])
    house = Linked("general-practitioner", "Practitioner", Eq("family", "house"), ("Practitioner/",))
    assert await store.count("Patient", house) == 1


async def test_a_repair_takes_from_what_is_deleted_its_keys_and_values(store: SqliteStore, tmp_path: Path) -> None:
    harm(tmp_path, f"INSERT INTO claim VALUES ('k', {P3}); INSERT INTO value VALUES ({P3}, 1, 1)")
    await store.repair("Patient", ["p3"])
    assert list(await store.check_file()) == []
    _, flaws = await store.inspect("Patient", "", 10)
    assert flaws == []


async def test_a_repair_leaves_what_it_cannot_read(store: SqliteStore, tmp_path: Path) -> None:
    harm(tmp_path, f"UPDATE document SET text = '{{' WHERE key = {P1}")
    await store.repair("Patient", ["p1", "p2"])
    _, flaws = await store.inspect("Patient", "", 10)
    assert flaws == [Flaw("Patient", "p1", "unreadable")]


async def test_what_cannot_be_read_is_erased_too(store: SqliteStore, tmp_path: Path) -> None:
    harm(tmp_path, f"UPDATE document SET text = '{{' WHERE key = {P1}")
    assert await store.erase("Patient", ["p1"]) == 1
    _, flaws = await store.inspect("Patient", "", 10)
    assert flaws == []
    assert list(await store.check_file()) == []


async def test_a_file_as_it_should_be_has_no_findings(store: SqliteStore) -> None:
    assert list(await store.check_file()) == []


async def test_a_torn_file_is_refused_and_named(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write(f"q{number}", patient(text="x" * 9000)) for number in range(300)])
    await store.close()
    path = tmp_path / "dmi.sqlite3"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreUnusable, match="is damaged") as raised:
        await store.open()
    [issue] = raised.value.issues
    assert str(path) in issue.en
    assert str(path) in issue.fr


async def test_a_page_of_rubbish_is_named(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write(f"q{number}", patient(text="x" * 9000)) for number in range(300)])
    await store.close()
    path = tmp_path / "dmi.sqlite3"
    data = bytearray(path.read_bytes())
    data[100 * 8192 : 101 * 8192] = b"\xff" * 8192
    path.write_bytes(data)
    await store.open()
    findings = await store.check_file()
    assert findings
    for issue in findings:
        assert f"The store {path} is damaged" in issue.en
        assert f"L’entrepôt {path} est endommagé" in issue.fr


@pytest.mark.parametrize("table", ["document", "history", "change", "claim", "value", "link", "interval", "sort"])
async def test_rows_that_belong_to_no_resource_are_found(store: SqliteStore, tmp_path: Path, table: str) -> None:
    await store.write([write("p3", named("A"), keys=("k",))])
    others = "key NOT IN (SELECT key FROM resource WHERE id = 'p2')"
    harm(tmp_path, f"DELETE FROM resource WHERE {others}")
    findings = [issue.en for issue in await store.check_file()]
    assert any(f"row(s) of {table} belong to no such resource" in text for text in findings)
