"""Traces of requests as OpenTelemetry has them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app.errors import SettingsError, StoreUnavailable
from app.settings import read_settings
from app.usage import spans
from app.witnesses import witnesses_of
from tests.builders import device, patient, procedure
from tests.end_to_end.processes import environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan

    from tests.conftest import Start

ON = {"DMI_OTEL": "on"}
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SECRET = "Dupont-Secret"
PAGE = "query Page { ProcedureList { id subject { resource { ... on Patient { id } } } } }"


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[ReadableSpan]]:
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(spans, "exporting", lambda: SimpleSpanProcessor(exporter))
    return lambda: list(exporter.get_finished_spans())


def named(found: list[ReadableSpan], name: str) -> ReadableSpan:
    (span,) = [each for each in found if each.name == name]
    return span


def of(span: ReadableSpan) -> str:
    assert span.parent
    return f"{span.parent.span_id:016x}"


async def test_a_request_has_its_steps_and_the_commands_of_the_store_in_them(start: Start, finished: Any) -> None:
    product = await start(procedure(id="a"), patient(), device(), environment=ON)
    answer = await product.http.post("/graphql", json={"query": PAGE}, headers={"X-Request-Id": "r-1"})
    found = finished()
    request = named(found, "query")
    _, trace, span, flags = answer.headers["traceparent"].split("-")
    assert request.context
    assert (f"{request.context.trace_id:032x}", f"{request.context.span_id:016x}", flags) == (trace, span, "01")
    assert request.kind is SpanKind.SERVER
    assert request.attributes
    assert request.attributes["graphql.operation.name"] == "Page"
    assert request.attributes["dmi.request"] == "r-1"

    steps = [each for each in found if each.parent and of(each) == span]
    assert sorted(each.name for each in steps) == ["encode", "finish", "level", "level", "plan", "read"]
    levels = {f"{each.context.span_id:016x}" for each in steps if each.name == "level" and each.context}
    search, read = named(found, "search Procedure"), named(found, "read Patient")
    assert {of(search), of(read)} == levels
    assert search.kind is SpanKind.CLIENT
    assert all((request.start_time or 0) <= (each.start_time or 0) <= (each.end_time or 0) for each in found)


async def test_the_trace_of_the_caller_goes_on(start: Start, finished: Any) -> None:
    product = await start(patient(), environment=ON)
    await product.http.get("/fhir/Patient/p1", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
    request = named(finished(), "read")
    assert request.context
    assert (f"{request.context.trace_id:032x}", of(request)) == (TRACE, SPAN)
    assert {each.name for each in finished()} == {"read", "answer", "encode", "read Patient"}


async def test_a_trace_that_its_caller_does_not_keep_is_not_kept(start: Start, finished: Any) -> None:
    product = await start(patient(), environment=ON)
    await product.http.get("/fhir/Patient/p1", headers={"traceparent": f"00-{TRACE}-{SPAN}-00"})
    await product.http.get("/health")
    assert finished() == []


async def test_no_span_holds_a_value_or_an_id(start: Start, finished: Any) -> None:
    product = await start(patient(id="p-77", name=[{"family": SECRET}]), environment=ON)
    await product.ask(f'{{ PatientList(family: "{SECRET}") {{ id name {{ family }} }} }}')
    await product.http.get("/fhir/Patient/p-77")
    text = "".join(each.to_json() for each in finished())
    assert SECRET not in text
    assert "p-77" not in text


async def test_a_failure_is_told_by_its_kind(start: Start, finished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await start(environment=ON)

    async def away(*_: Any) -> None:
        raise StoreUnavailable(SECRET, SECRET)

    monkeypatch.setattr(product.store, "search", away)
    await product.http.get("/fhir/Patient")
    found = finished()
    command = named(found, "search Patient")
    assert (command.status.status_code, command.status.description) == (StatusCode.ERROR, "StoreUnavailable")
    assert named(found, "search-type").status.status_code is StatusCode.ERROR


async def test_explanations_are_given_beside_spans(start: Start, finished: Any) -> None:
    product = await start(procedure(id="a"), patient(), device(), environment=ON)
    asked = {"query": PAGE, "extensions": {"explain": True}}
    told = (await product.http.post("/graphql", json=asked)).json()["extensions"]["explain"]
    assert len(told["commands"]) == 2
    assert named(finished(), "read Patient").parent


async def test_without_the_packages_a_start_says_what_to_install(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await start()

    def missing() -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(spans, "exporting", missing)
    with pytest.raises(SettingsError, match="pip install"):
        witnesses_of(read_settings({"DMI_STORE": "memory:", **ON}), product.store, product.schema, (), Counter())


def test_what_nobody_asked_for_is_not_imported() -> None:
    program = (
        "import sys; from app.main import create_app; from app.settings import read_settings;"
        "create_app(read_settings({'DMI_STORE': 'memory:'}));"
        "sys.exit(any(name.startswith(('opentelemetry', 'prometheus_client')) for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment({}), timeout=60, check=False)
    assert done.returncode == 0
