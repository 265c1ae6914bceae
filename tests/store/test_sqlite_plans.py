"""Every statement of a search is answered by indexes, with statistics and without: no table is read from end to end."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest

from app.search.algebra import (
    And,
    Contains,
    Eq,
    Facet,
    Filter,
    In,
    Link,
    Linked,
    Missing,
    Not,
    Or,
    Position,
    Prefix,
    Range,
    Referenced,
    Search,
    SortKey,
)
from app.search.index import search_index
from app.store.keyset import complete, segments
from app.store.sqlite import indexes, related, searching
from app.store.sqlite.dictionary import Dictionary
from app.store.sqlite.file import number_parameters, open_writer
from app.store.sqlite.filters import Filters
from app.store.sqlite.pages import Pages
from app.store.sqlite.scheme import Scheme
from app.store.sqlite.sql import Sql
from app.store.sqlite.tallies import MATCHED, Matches, counting
from app.store.sqlite.writing import Writing
from app.store.version import utc_now
from tests.store.toy import INDEX, patient, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import apsw

    from app.search.algebra import Index, Indexed

BY_INDEX: Final = re.compile(
    r"SEARCH \w+ (EXISTS )?USING"
    r" (COVERING INDEX|PRIMARY KEY|INTEGER PRIMARY KEY|INDEX resource_id)\b.*"
)
BESIDES: Final = re.compile(
    r"CO-ROUTINE .*|MATERIALIZE .*|COMPOUND QUERY|LEFT-MOST SUBQUERY|UNION (ALL|USING TEMP B-TREE)"
    r"|(REUSE )?LIST SUBQUERY \d+|(CORRELATED )?SCALAR SUBQUERY \d+|CREATE BLOOM FILTER|USE TEMP B-TREE .*"
    r"|MERGE \(UNION( ALL)?\)|LEFT|RIGHT|USING ROWID SEARCH ON TABLE matched FOR IN-OPERATOR"
)
READ_WHOLE: Final = {
    r"\(subquery-\d+\)": "what a query inside has found",
    "found": "the keys that a filter has found",
    "other": "the keys that the filter of a link has found",
    "counted": "the counts of a facet",
    "m": "the matches of a tally, kept in a table of their own",
    "several|spelled|parameter": "a few numbers or names of parameters",
    r"(json_each|wanted) VIRTUAL TABLE INDEX.*": "the values that a question brings",
}
"""What a plan may SCAN, and what that is; it is never a table of the file."""

SCANNED: Final = re.compile(f"SCAN ({'|'.join(READ_WHOLE)})")


def plan(connection: apsw.Connection, statement: Sql) -> list[str]:
    """SQLite's plan; every line of it goes by an index."""
    lines = [line for *_, line in connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.values)]
    assert lines
    # `row` is what a query inside has found, or else the table of resources
    inside = "SCAN row" if ") AS row" in statement.text and " AS row INDEXED" not in statement.text else ""
    for line in lines:
        assert line == inside or BY_INDEX.fullmatch(line) or SCANNED.fullmatch(line) or BESIDES.fullmatch(line), (
            line,
            statement.text,
        )
    return lines


def scheme_of(connection: apsw.Connection, index: Index) -> Scheme:
    """What the tables call the parameters of an index, all of which may have references of every form."""
    numbers = number_parameters(connection, index)
    return Scheme(numbers, index.parameters, spelled=frozenset(n for each in numbers.values() for n in each.values()))


@pytest.fixture(params=["empty", "analyzed"])
def connection(request: pytest.FixtureRequest) -> Iterator[apsw.Connection]:
    connection = open_writer(None)
    connection.execute(MATCHED)
    if request.param == "analyzed":
        writing = Writing(INDEX, scheme_of(connection, INDEX), Dictionary(connection), utc_now)
        elements = (
            patient(active=number % 50 > 0, birthDate=f"20{number % 90:02}-01-01", name=[{"family": "a"}])
            for number in range(300)
        )
        writing.put(connection, [write(f"p{number}", each) for number, each in enumerate(elements)])
        connection.execute("ANALYZE")
    yield connection
    connection.close()


@pytest.fixture
def filters(connection: apsw.Connection) -> Filters:
    return Filters("Patient", scheme_of(connection, INDEX))


def asked_of_each(filters: Filters, wanted: Filter) -> Sql:
    """The statement that tests a filter on every resource."""
    tests, every = filters.test(wanted), filters.all_keys()
    text = f"SELECT key FROM ({every.text}) AS row WHERE {tests.text}"  # noqa: S608 - compiled by us
    return Sql(text, every.values + tests.values)


def leaves(name: str, kept: Indexed) -> Iterator[Filter]:
    """Every form of a filter on one parameter."""
    yield from (Missing(name), Missing(name, missing=False))
    if kept.kind == "interval":
        yield from (Range(name, lo_from="1", hi_upto="2"), Range(name, lo_before="2", hi_after="1"), Range(name))
    else:
        yield from (Eq(name, "a"), In(name, ("a", "b")), Prefix(name, "a"))
        yield from (Contains(name, "a"), Contains(name, "a", at_end=True))
    if kept.kind == "reference":
        yield from (Eq(name, "Patient/1"), In(name, ("Patient/1", "Patient/2", "urn:x")))


REAL: Final = search_index()


@pytest.mark.parametrize("type_name", REAL.parameters)
def test_every_form_of_every_parameter_of_a_served_type_goes_by_an_index(type_name: str) -> None:
    connection = open_writer(None)
    filters = Filters(type_name, scheme_of(connection, REAL))
    for name, kept in REAL.parameters[type_name].items():
        for leaf in leaves(name, kept):
            plan(connection, asked_of_each(filters, leaf))
            if keys := filters.keys(leaf):
                plan(connection, keys)
            else:
                assert leaf == Missing(name)
    connection.close()


@pytest.mark.parametrize("type_name", REAL.parameters)
def test_every_reference_is_followed_in_both_directions_by_an_index(type_name: str) -> None:
    connection = open_writer(None)
    scheme = scheme_of(connection, REAL)
    filters, patients = Filters(type_name, scheme), Filters("Patient", scheme)
    prefixes = ("Patient/", "https://dmi.example/fhir/Patient/")
    for name, kept in REAL.parameters[type_name].items():
        if kept.kind == "reference":
            linked = Linked(name, "Patient", Eq("gender", "male"), prefixes)
            for wanted in (linked, Linked(name, "Patient", Not(Linked("link", "Patient", And(), prefixes)), prefixes)):
                plan(connection, asked_of_each(filters, wanted))
            referenced = Referenced(type_name, name, Missing("_id", missing=False), prefixes)
            plan(connection, asked_of_each(patients, referenced))
            for compiler, each in ((filters, linked), (patients, referenced)):
                keys = compiler.keys(each)
                assert keys
                assert "USE TEMP B-TREE" not in str(plan(connection, keys))
    connection.close()


@pytest.mark.parametrize("type_name", REAL.parameters)
def test_every_reverse_list_and_its_count_go_by_an_index(type_name: str) -> None:
    connection = open_writer(None)
    filters = Filters(type_name, scheme_of(connection, REAL))
    targets = (("Patient/1",), ("Patient/2", "https://dmi.example/fhir/Patient/2"))
    asked: list[Sql] = []
    for name, kept in REAL.parameters[type_name].items():
        if kept.kind == "reference":
            with traced(connection, asked):
                related.pages(connection, filters, name, targets, Search(sort=(SortKey("_lastUpdated"),)))
                related.counts(connection, filters, name, targets, Missing("_id", missing=False))
    for statement in asked:
        plan(connection, statement)
    assert asked or all(kept.kind != "reference" for kept in REAL.parameters[type_name].values())
    connection.close()


@contextmanager
def traced(connection: apsw.Connection, asked: list[Sql]) -> Iterator[None]:
    """Notes each statement that runs, with its values."""

    def note(_cursor: object, text: str, values: Any) -> bool:
        asked.append(Sql(text, tuple(values or ())))
        return True

    connection.exec_trace = note
    yield
    connection.exec_trace = None


@pytest.mark.parametrize("type_name", REAL.parameters)
def test_every_sort_walks_an_index_in_its_order(type_name: str) -> None:
    connection = open_writer(None)
    filters = Filters(type_name, scheme_of(connection, REAL))
    names = [name for name, kept in REAL.parameters[type_name].items() if kept.sortable]
    for sort in ((), *((SortKey(name, descending=True),) for name in ("_id", "_lastUpdated", *names))):
        assert_walked(connection, filters, sort, backwards=False, from_start=True)
    connection.close()


@pytest.mark.parametrize("type_name", REAL.parameters)
@pytest.mark.parametrize("matches", get_args(Matches))
def test_every_facet_is_counted_by_an_index(type_name: str, matches: Matches) -> None:
    connection = open_writer(None)
    connection.execute(MATCHED)
    filters = Filters(type_name, scheme_of(connection, REAL))
    for facet in facets(REAL.parameters[type_name]):
        counts = counting(filters, facet, matches)
        assert counts
        plan(connection, counts)
    connection.close()


def facets(parameters: Mapping[str, Indexed]) -> Iterator[Facet]:
    """Every form of a facet: each parameter's own texts, and those of a patient that is referred to."""
    for name, kept in parameters.items():
        if kept.kind != "interval":
            yield from (Facet(name), Facet(name, complete=True))
        if kept.sortable:
            yield Facet(name, length=4)
        if kept.kind == "reference":
            patients = Link(name, "Patient", ("Patient/", "https://dmi.example/fhir/Patient/"))
            yield from (Facet("gender", patients), Facet("organization", patients), Facet("birthdate", patients, 7))


def test_a_text_inside_is_sought_in_the_distinct_texts_of_its_parameter(
    connection: apsw.Connection, filters: Filters
) -> None:
    for wanted in (Contains("family", "a"), Contains("family", "a", at_end=True)):
        keys = filters.keys(wanted)
        assert keys
        assert plan(connection, keys) == [
            "SEARCH t USING COVERING INDEX term_text (parameter=?)",
            "SEARCH v USING COVERING INDEX value_term (parameter=? AND term=?)",
        ]


FILTERS: list[Filter] = [
    Eq("active", "true"),
    In("family", ("a", "b")),
    Prefix("family", "a"),
    Contains("family", "a"),
    Range("birthdate", lo_from="2000", hi_upto="2001"),
    Range("birthdate", lo_before="2001", hi_after="2000"),
    Range("stay", hi_after="2000"),
    Range("_lastUpdated", lo_from="2000", lo_before="2001"),
    Eq("_id", "a"),
    In("_id", ("a", "b")),
    Missing("family", missing=False),
    Linked("organization", "Organization", Eq("name", "x"), ("Organization/",)),
    Referenced("Procedure", "patient", Eq("status", "x"), ("Patient/",)),
    Or((Eq("active", "true"), Range("birthdate", lo_before="2001", hi_after="2000"))),
    Or((And((Eq("active", "true"), Prefix("family", "a"))), Eq("_id", "a"))),
]
TESTED_ONLY: list[Filter] = [
    Not(Eq("active", "true")),
    Missing("birthdate"),
    Or((Missing("family"), Eq("_id", "a"))),
    Not(Referenced("Procedure", "patient", And(), ("Patient/",))),
]

SORTS = [
    (),
    (SortKey("_id", descending=True),),
    (SortKey("family"),),
    (SortKey("birthdate", descending=True),),
    (SortKey("_lastUpdated", descending=True),),
    (SortKey("active"), SortKey("birthdate", descending=True)),
]


@pytest.mark.parametrize("driving", FILTERS, ids=str)
def test_the_keys_of_a_filter_are_found_by_an_index(
    connection: apsw.Connection, filters: Filters, driving: Filter
) -> None:
    keys = filters.keys(driving)
    assert keys
    assert "USE TEMP B-TREE" not in str(plan(connection, keys))


@pytest.mark.parametrize("wanted", [*FILTERS, *TESTED_ONLY], ids=str)
def test_a_filter_is_tested_by_an_index(connection: apsw.Connection, filters: Filters, wanted: Filter) -> None:
    plan(connection, asked_of_each(filters, wanted))


@pytest.mark.parametrize("sort", SORTS, ids=str)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("from_start", [False, True])
def test_a_sorted_list_is_walked_along_an_index(
    connection: apsw.Connection, filters: Filters, sort: tuple[SortKey, ...], backwards: bool, from_start: bool
) -> None:
    assert_walked(connection, filters, sort, backwards=backwards, from_start=from_start)


def assert_walked(
    connection: apsw.Connection, filters: Filters, sort: tuple[SortKey, ...], *, backwards: bool, from_start: bool
) -> None:
    """Each segment of the list goes along an index and is not sorted."""
    pages = Pages(filters, complete(sort))
    start = None if from_start else Position(tuple("x" for _ in sort), "x")
    for segment in segments(sort, start, backwards=backwards):
        tests = filters.test(Eq("_id", "x"))
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


def test_what_is_noted_of_parameters_is_read_as_it_is(connection: apsw.Connection) -> None:
    statements: list[str] = []

    def traced(_: object, statement: str, __: object) -> bool:
        statements.append(statement)
        return True

    connection.set_exec_trace(traced)
    scheme = scheme_of(connection, INDEX).now(connection)
    indexes.states(connection, scheme)
    connection.set_exec_trace(None)
    for statement in statements:
        if statement.startswith("SELECT") and "sqlite_schema" not in statement:
            plan(connection, Sql(statement))


def test_documents_are_read_by_their_keys(connection: apsw.Connection) -> None:
    plan(connection, Sql(searching._READ, ("[]", "Patient")))
    plan(connection, Sql(searching._DOCUMENTS, ("[]",)))
