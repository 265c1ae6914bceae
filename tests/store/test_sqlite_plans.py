"""Every statement of a search is answered by an index that holds all it needs, with statistics and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And, Eq, Filter, In, Missing, Not, Or, Position, Prefix, Range, SortKey
from app.store.keyset import complete, segments
from app.store.sqlite import searching
from app.store.sqlite.file import number_parameters, open_writer
from app.store.sqlite.filters import Filters
from app.store.sqlite.pages import Pages
from app.store.sqlite.sql import Sql
from app.store.sqlite.writing import Writing
from app.store.version import utc_now
from tests.store.toy import INDEX, patient, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

BY_INDEX = re.compile(r"SEARCH \w+ (EXISTS )?USING (COVERING INDEX|PRIMARY KEY|INTEGER PRIMARY KEY)\b.*")
BESIDES = re.compile(
    r"(CO-ROUTINE|SCAN) (found|\(subquery-\d+\))|COMPOUND QUERY|LEFT-MOST SUBQUERY|UNION ALL|(REUSE )?LIST SUBQUERY \d+"
    r"|CORRELATED SCALAR SUBQUERY \d+|SCAN (json_each|wanted) VIRTUAL TABLE INDEX.*|CREATE BLOOM FILTER"
    r"|USE TEMP B-TREE .*"
)

FILTERS: list[Filter] = [
    Eq("active", "true"),
    In("family", ("a", "b")),
    Prefix("family", "a"),
    Range("birthdate", lo_from="2000", hi_upto="2001"),
    Range("birthdate", lo_before="2001", hi_after="2000"),
    Range("stay", hi_after="2000"),
    Range("_lastUpdated", lo_from="2000", lo_before="2001"),
    Eq("_id", "a"),
    In("_id", ("a", "b")),
    Missing("family", missing=False),
    Or((Eq("active", "true"), Range("birthdate", lo_before="2001", hi_after="2000"))),
    Or((And((Eq("active", "true"), Prefix("family", "a"))), Eq("_id", "a"))),
]
TESTED_ONLY: list[Filter] = [Not(Eq("active", "true")), Missing("birthdate"), Or((Missing("family"), Eq("_id", "a")))]

SORTS = [
    (),
    (SortKey("_id", descending=True),),
    (SortKey("family"),),
    (SortKey("birthdate", descending=True),),
    (SortKey("_lastUpdated", descending=True),),
    (SortKey("active"), SortKey("birthdate", descending=True)),
]


@pytest.fixture(params=["empty", "analyzed"])
def connection(request: pytest.FixtureRequest) -> Iterator[apsw.Connection]:
    connection = open_writer(None)
    if request.param == "analyzed":
        writing = Writing(INDEX, number_parameters(connection, INDEX), utc_now)
        for number in range(300):
            elements = patient(active=number % 50 > 0, birthDate=f"20{number % 90:02}-01-01", name=[{"family": "a"}])
            writing.put(connection, write(f"p{number}", elements))
        connection.execute("ANALYZE")
    yield connection
    connection.close()


@pytest.fixture
def filters(connection: apsw.Connection) -> Filters:
    return Filters("Patient", number_parameters(connection, INDEX)["Patient"], INDEX.parameters["Patient"])


def plan(connection: apsw.Connection, statement: Sql) -> list[str]:
    """SQLite's plan; every line of it goes by an index."""
    lines = [line for *_, line in connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.values)]
    assert lines
    for line in lines:
        assert BY_INDEX.fullmatch(line) or BESIDES.fullmatch(line), line
    return lines


@pytest.mark.parametrize("driving", FILTERS, ids=str)
def test_the_keys_of_a_filter_are_found_by_an_index(
    connection: apsw.Connection, filters: Filters, driving: Filter
) -> None:
    keys = filters.keys(driving)
    assert keys
    assert "USE TEMP B-TREE" not in str(plan(connection, keys))


@pytest.mark.parametrize("tested", [*FILTERS, *TESTED_ONLY], ids=str)
def test_a_filter_is_tested_by_an_index(connection: apsw.Connection, filters: Filters, tested: Filter) -> None:
    tests, every = filters.test(tested), filters.all_keys()
    all_matches = f"SELECT key FROM ({every.text}) AS row WHERE {tests.text}"  # noqa: S608 - compiled by us
    plan(connection, Sql(all_matches, every.values + tests.values))


@pytest.mark.parametrize("sort", SORTS, ids=str)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("from_start", [False, True])
def test_a_sorted_list_is_walked_along_an_index(
    connection: apsw.Connection, filters: Filters, sort: tuple[SortKey, ...], backwards: bool, from_start: bool
) -> None:
    pages = Pages(filters, complete(sort))
    start = None if from_start else Position(tuple("x" for _ in sort), "x")
    for segment in segments(sort, start, backwards=backwards):
        tests = filters.test(Eq("active", "true"))
        lines = plan(connection, pages.walked(segment, tests, backwards=backwards, limit=10))
        assert "USE TEMP B-TREE FOR ORDER BY" not in lines
        assert lines[0].startswith("SEARCH row ")
        if segment.order[0].parameter != "_id":
            assert len(plan(connection, pages.next_text(segment))) == 1


@pytest.mark.parametrize("sort", SORTS, ids=str)
@pytest.mark.parametrize("driving", FILTERS, ids=str)
def test_a_list_that_a_filter_drives_reads_what_it_finds(
    connection: apsw.Connection, filters: Filters, sort: tuple[SortKey, ...], driving: Filter
) -> None:
    keys = filters.keys(driving)
    assert keys
    for segment in segments(sort, Position(tuple("x" for _ in sort), "x")):
        tests = filters.test(Missing("birthdate"))
        driven = Pages(filters, complete(sort)).driven(segment, keys, tests, backwards=False, limit=10)
        lines = plan(connection, driven)
        assert lines.index("SCAN found") < next(
            place for place, line in enumerate(lines) if line.startswith("SEARCH row")
        )


def test_documents_are_read_by_their_keys(connection: apsw.Connection) -> None:
    plan(connection, Sql(searching._READ, ("[]", "Patient")))
    plan(connection, Sql(searching._DOCUMENTS, ("[]",)))
