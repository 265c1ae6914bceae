from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import get_introspection_query, parse

from app.schema.limits import MOST_COMPARED, Measure, Size

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

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


BUNDLES = ("{ entry { resource { ... on Bundle " * 6, " } } }" * 6)
ROUND_ABOUT = {
    "DMI_MAX_DEPTH": 'query Q { Bundle(id: "b") { ...A } } '
    f"fragment A on Bundle {BUNDLES[0]} {{ ...B }} {BUNDLES[1]} "
    f"fragment B on Bundle {BUNDLES[0]} {{ id }} {BUNDLES[1]}",
    "DMI_MAX_ALIASES": "query Q { ...A ...A ... { ...A } } fragment A on Query { ...B } fragment B on Query { "
    + " ".join(f'a{n}: Patient(id: "x") {{ id }}' for n in range(18))
    + " }",
    "DMI_MAX_DIRECTIVES": 'query Q($no: Boolean! = false) { Patient(id: "x") { '
    + "...A @skip(if: $no) ... @skip(if: $no) { id } " * 26
    + "} } fragment A on Patient { id }",
    "DMI_MAX_ROOT_FIELDS": "query Q { ...A ...A } fragment A on Query { ... on Query { "
    + " ".join(f"a{n}: __typename" for n in range(13))
    + " } }",
}
WAYS: dict[str, Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]] = {
    "POST": lambda http, query: http.post("/graphql", json={"query": query}),
    "GET": lambda http, query: http.get("/graphql", params={"query": query}),
    "alone": lambda http, query: http.post(
        "/fhir/$graphql", content=query, headers={"Content-Type": "application/graphql"}
    ),
    "beside the one to be run": lambda http, query: http.post(
        "/graphql", json={"query": "query First { __typename } " + query, "operationName": "First"}
    ),
}


@pytest.mark.parametrize("name", ROUND_ABOUT)
@pytest.mark.parametrize("way", WAYS)
async def test_no_way_leads_around_a_limit(start: Start, name: str, way: str) -> None:
    response = await WAYS[way]((await start()).http, ROUND_ABOUT[name])
    assert "data" not in response.json()
    assert any(name in error["message"] for error in response.json()["errors"])


async def test_a_document_that_begins_at_a_resource_has_the_same_limits(start: Start) -> None:
    query = f"{{ {' '.join(f'a{n}: id @skip(if: false)' for n in range(51))} ...A ...A }} fragment A on Bundle "
    query += "{ entry { resource { ... on Bundle " * 10 + "{ id }" + " } } }" * 10
    response = await (await start()).http.post("/fhir/Bundle/b/$graphql", json={"query": query})
    told = " ".join(error["message"] for error in response.json()["errors"])
    assert all(name in told for name in ("DMI_MAX_DEPTH", "DMI_MAX_ALIASES", "DMI_MAX_DIRECTIVES"))


async def test_a_web_socket_opens_no_way_but_the_one_for_subscriptions(start: Start) -> None:
    product = await start()
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    app = product.http._transport.app  # type: ignore[attr-defined] # the transport in process has it
    scope = {"type": "websocket", "path": "/fhir/$graphql", "raw_path": b"/fhir/$graphql", "query_string": b""}
    headers = [(b"host", b"localhost"), (b"sec-websocket-protocol", b"graphql-transport-ws")]
    more = {"root_path": "", "scheme": "ws", "headers": headers, "subprotocols": ["graphql-transport-ws"]}
    await app({**scope, **more}, receive, send)
    assert sent == ["websocket.close"]


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
    assert str(MOST_COMPARED) in answer["errors"][0]["message"]


async def test_the_standard_introspection_stays_within_the_limits(start: Start) -> None:
    data = await (await start()).data(get_introspection_query(descriptions=True, specified_by_url=True))
    assert len(data["__schema"]["types"]) > 200
