"""Each answer tells the request's id and its place in a trace, and so does each error."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from app.usage.record import CURRENT, WithRequest
from app.usage.trace_context import read
from app.web.failures import unexpected
from app.web.recording import Recording
from app.web.security import FIELDS
from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from starlette.types import Message, Receive, Scope, Send

    from tests.conftest import Product, Start

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = f"00-{TRACE}-{SPAN}-01"
REFUSED = '{ Patient(id: "x") { nom } }'


async def asked(product: Product, query: str, *headers: tuple[str, str]) -> httpx.Response:
    return await product.http.post("/graphql", json={"query": query}, headers=list(headers))


async def test_a_request_is_given_an_id_of_its_own(start: Start) -> None:
    product = await start()
    first, second = [(await asked(product, "{ __typename }")).headers["x-request-id"] for _ in range(2)]
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second


@pytest.mark.parametrize("id_", ["7f3a-1.B", "x" * 64, "0b1e62d4-8d1c-4f6e-9a36-3a5c0b2f4f10"])
async def test_a_well_formed_id_is_kept(start: Start, id_: str) -> None:
    response = await asked(await start(), "{ __typename }", ("X-Request-Id", id_))
    assert response.headers.get_list("x-request-id") == [id_]


@pytest.mark.parametrize("id_", ["", "x" * 65, "a b", "a/b", "<script>", "Dupont,Marie"])
async def test_another_id_is_replaced(start: Start, id_: str) -> None:
    response = await asked(await start(), "{ __typename }", ("X-Request-Id", id_))
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["x-request-id"])


async def test_of_two_ids_none_is_believed(start: Start) -> None:
    response = await asked(await start(), "{ __typename }", ("X-Request-Id", "one"), ("X-Request-Id", "two"))
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["x-request-id"])


async def test_the_trace_of_the_caller_goes_on_in_a_span_of_our_own(start: Start) -> None:
    response = await asked(await start(), "{ __typename }", ("traceparent", CALLER))
    told = read(response.headers["traceparent"].encode())
    assert told
    assert (told.trace, told.sampled) == (TRACE, True)
    assert told.span != SPAN


@pytest.mark.parametrize("headers", [[], [("traceparent", CALLER.upper())], [("traceparent", CALLER)] * 2])
async def test_without_a_caller_that_can_be_read_a_trace_begins(start: Start, headers: list[tuple[str, str]]) -> None:
    response = await asked(await start(), "{ __typename }", *headers)
    told = read(response.headers["traceparent"].encode())
    assert told
    assert (told.trace == TRACE, told.sampled) == (False, False)


@pytest.mark.parametrize(
    "path",
    ["/", "/page.json", "/assets/none", "/health", "/ready", "/fhir/metadata", "/fhir/Patient/p1", "/nowhere"],
)
async def test_every_address_tells_the_id(start: Start, path: str) -> None:
    response = await (await start(patient())).http.get(path, headers={"X-Request-Id": "r-1"})
    assert response.headers["x-request-id"] == "r-1"
    assert "traceparent" in response.headers


async def test_a_request_under_a_foreign_name_is_told_its_id_too(start: Start) -> None:
    response = await (await start()).http.get("/health", headers={"Host": "evil.example", "X-Request-Id": "r-1"})
    assert (response.status_code, response.headers["x-request-id"]) == (400, "r-1")


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (REFUSED, "application/json"),
        (REFUSED, "application/graphql-response+json"),
        ("{", "application/json"),
        ('{ PatientList(birthdate: "x") { id } }', "application/json"),
        ('mutation { PatientDelete(id: "none", ifMatch: "4") { information { id } } }', "application/json"),
    ],
)
async def test_every_error_of_graphql_has_the_id(start: Start, query: str, accept: str) -> None:
    response = await asked(await start(), query, ("X-Request-Id", "r-1"), ("Accept", accept))
    assert {error["extensions"]["requestId"] for error in response.json()["errors"]} == {"r-1"}


async def test_a_request_that_is_none_has_the_id_in_its_error(start: Start) -> None:
    response = await (await start()).http.post("/graphql", content=b"{", headers={"X-Request-Id": "r-1"})
    assert response.json()["errors"][0]["extensions"]["requestId"] == "r-1"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/fhir/Patient/none"), ("GET", "/fhir/Patient?x=1"), ("PUT", "/fhir/Patient"), ("GET", "/fhir/x/y/z/q")],
)
async def test_an_operation_outcome_has_the_id_as_its_own(start: Start, method: str, path: str) -> None:
    response = await (await start()).http.request(method, path, headers={"X-Request-Id": "r-1"})
    outcome = response.json()
    assert (outcome["resourceType"], outcome["id"]) == ("OperationOutcome", "r-1")


class Broken:
    """What goes wrong as nobody expects."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise ValueError("Dupont")


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log as a server writes it."""
    caplog.handler.addFilter(WithRequest())
    formatter = caplog.handler.formatter
    caplog.handler.setFormatter(logging.Formatter("%(message)s%(request)s"))
    yield caplog
    caplog.handler.setFormatter(formatter)


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("GET /fhir/Patient/p1", "app.web.rest.view.Exchange"),
        ("POST /graphql", "app.main.Context"),
        ("GET /fhir/Patient/p1", "app.web.turns.Turn"),
    ],
    ids=["a route", "the endpoint", "a layer"],
)
async def test_an_unexpected_error_tells_its_id_and_the_log_tells_it_too(
    start: Start, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture, line: str, broken: str
) -> None:
    product = await start(patient())
    monkeypatch.setattr(broken, Broken)
    transport: Any = product.http._transport
    transport.raise_app_exceptions = False
    response = await product.http.request(
        *line.split(), json={"query": "{ __typename }"}, headers={"X-Request-Id": "r-1"}
    )
    assert (response.status_code, response.headers["x-request-id"], response.json()["id"]) == (500, "r-1", "r-1")
    assert set(FIELDS) <= {(name.lower(), value) for name, value in response.headers.raw}
    assert logged.text.endswith(f", {line} (request r-1)\n")
    assert "Dupont" not in logged.text + response.text


async def test_an_error_behind_the_beginning_of_an_answer_makes_no_second_one() -> None:
    sent: list[str] = []

    async def begins(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("x")

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(ValueError, match="x"):
        await Recording(begins, unexpected)(scope, receive, send)
    assert sent == ["http.response.start"]


def test_a_line_of_the_log_ends_with_the_request_that_is_answered() -> None:
    line = logging.makeLogRecord({"msg": "x"})
    logged = logging.Formatter("%(message)s%(request)s")
    WithRequest().filter(line)
    assert logged.format(line) == "x"
    token = CURRENT.set("r-1")
    WithRequest().filter(line)
    CURRENT.reset(token)
    assert logged.format(line) == "x (request r-1)"
