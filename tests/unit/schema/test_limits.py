from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from graphql import get_introspection_query, parse

from app.schema.limits import Measure, Size

if TYPE_CHECKING:
    from tests.conftest import Start


def size(document: str) -> Size:
    parsed = parse(document)
    return Measure(parsed).of(parsed.definitions[0].selection_set)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ a }", Size(depth=1, fields=1)),
        ("{ a { b { c } } d }", Size(depth=3, fields=2)),
        ("{ x: a y: a { z: b } }", Size(depth=2, aliases=3, fields=2)),
        ("{ a @skip(if: true) ... @include(if: true) { b } }", Size(depth=1, directives=2, fields=2)),
        ("{ ...F ...F } fragment F on Query { x: a { b } }", Size(depth=2, aliases=2, fields=2)),
        ("{ ...Missing }", Size()),
    ],
)
def test_a_document_is_measured_through_its_fragments(document: str, expected: Size) -> None:
    assert size(document) == expected


def test_fragments_that_double_each_other_are_measured_at_once() -> None:
    doubling = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    assert size("{ ...F0 } " + doubling + " fragment F60 on Query { x: a }").aliases == 2**60


def test_a_fragment_that_spreads_itself_is_too_deep() -> None:
    assert size("{ ...F } fragment F on Query { a { ...F } }").depth > 1_000


MANY = " ".join(f"a{n}: id" for n in range(51))
DEEP = "{ entry { resource { ... on Bundle " * 11 + "{ id }" + " } } }" * 11


@pytest.mark.parametrize(
    ("name", "query"),
    [
        (
            "DMI_MAX_DEPTH",
            '{ Bundle(id: "b") ' + "{ entry { resource { ... on Bundle " * 11 + "{ id }" + " } } }" * 11 + "}",
        ),
        ("DMI_MAX_ALIASES", '{ Patient(id: "x") {' + MANY + "} }"),
        (
            "DMI_MAX_ALIASES",
            '{ Patient(id: "x") { ...F } } fragment F on Patient {' + MANY + "}",
        ),
        ("DMI_MAX_DIRECTIVES", '{ Patient(id: "x") { id ' + "@skip(if: false) " * 51 + "} }"),
        ("DMI_MAX_ROOT_FIELDS", "{ " + " ".join(f"a{n}: __typename" for n in range(26)) + " }"),
    ],
)
async def test_an_operation_beyond_a_limit_is_refused_by_name(start: Start, name: str, query: str) -> None:
    answer = await (await start()).ask(query)
    assert "data" not in answer
    assert any(error["extensions"]["code"] == "too-costly" and name in error["message"] for error in answer["errors"])


@pytest.mark.parametrize(
    "query",
    [
        "{ PatientList { " + "name { use } " * 400 + "} }",
        "{ PatientList { "
        + " ".join(f"...F{n}" for n in range(300))
        + " } }"
        + "".join(f" fragment F{n} on Patient {{ id name {{ use }} }}" for n in range(300)),
    ],
    ids=["fields", "fragments"],
)
async def test_a_document_that_selects_the_same_again_and_again_is_refused(start: Start, query: str) -> None:
    answer = await (await start()).ask(query)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["too-costly"]
    assert "Select each field once" in answer["errors"][0]["message"]


async def test_the_standard_introspection_stays_within_the_limits(start: Start) -> None:
    data = await (await start()).data(get_introspection_query(descriptions=True, specified_by_url=True))
    assert len(data["__schema"]["types"]) > 200
