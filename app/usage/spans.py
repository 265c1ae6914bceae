"""Traces of requests for OpenTelemetry: the request, its steps, and the commands of the store in them.

Spans are made when a request has ended, of the times that were noted, so that nothing is done for them in between. They
hold what the access log holds but for ids, and are sent where OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_…).
https://opentelemetry.io/docs/specs/otel/trace/api/
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from app import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor

    from app.usage.command import Command
    from app.usage.record import Record
    from app.usage.use import Use

LAST: Final = 5.0
"""Seconds that the last spans have at the end."""


def exporting() -> SpanProcessor:
    """Sends spans in batches, from a thread of its own. Raises ModuleNotFoundError where the extra is not installed."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra

    return BatchSpanProcessor(OTLPSpanExporter())


class Ids(RandomIdGenerator):
    """Ids of spans; the next one, and that of a trace, are those that an answer has told already."""

    def __init__(self) -> None:
        self.trace = ""
        self.span = ""

    def generate_trace_id(self) -> int:
        """The SDK's hook."""
        return int(self.trace, 16)

    def generate_span_id(self) -> int:
        """The SDK's hook."""
        if not self.span:
            return super().generate_span_id()
        given, self.span = self.span, ""
        return int(given, 16)


class Spans:
    """A witness that makes spans of requests for resources, if whoever called keeps its trace."""

    def __init__(self, processor: Callable[[], SpanProcessor] | None = None) -> None:
        self._ids = Ids()
        described = Resource.create({SERVICE_NAME: "dmi-graph", SERVICE_VERSION: __version__})
        self._provider = TracerProvider(resource=described, id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor((processor or exporting)())
        self._tracer = self._provider.get_tracer("dmi-graph", __version__)

    async def open(self) -> None:
        """Nothing to make ready."""

    async def close(self) -> None:
        """Send what waits, within bounds."""
        ending = asyncio.create_task(asyncio.to_thread(self._provider.shutdown))
        await asyncio.wait([ending], timeout=LAST)

    def note(self, record: Record) -> None:
        """Make the spans of a request that has ended."""
        use = record.use
        if use is None or use.course is None or not use.interaction or not record.span.sampled:
            return
        since = int(use.at.timestamp() * 1e9) - use.begun  # what is added to a time of ours to get one since 1970
        self._ids.trace, self._ids.span = record.span.trace, record.span.span
        span = self._tracer.start_span(
            use.interaction,
            _called_by(record),
            SpanKind.SERVER,
            dict(_attributes(record, use)),
            start_time=use.begun + since,
        )
        self._ids.span = ""
        if use.outcome == "failed":
            span.set_status(Status(StatusCode.ERROR))
        within = trace.set_span_in_context(span)
        steps = list(use.course.steps())
        spans = [(step, self._span(step.name, within, step.begun + since, {})) for step in steps]
        for command in use.course.commands:
            of = next((each for step, each in spans if step.begun <= command.begun <= step.ended), span)
            self._command(command, trace.set_span_in_context(of), since)
        for step, each in spans:
            each.end(step.ended + since)
        span.end(use.begun + use.took + since)

    def _command(self, command: Command, within: Context, since: int) -> None:
        given = {"db.operation.name": command.method, "db.collection.name": command.type}
        span = self._span(f"{command.method} {command.type}".strip(), within, command.begun + since, given)
        if command.error is not None:
            span.set_status(Status(StatusCode.ERROR, type(command.error).__name__))
        span.end(command.ended + since)

    def _span(self, name: str, within: Context, begun: int, attributes: Mapping[str, str]) -> trace.Span:
        kind = SpanKind.CLIENT if attributes else SpanKind.INTERNAL
        return self._tracer.start_span(name, within, kind, dict(attributes), start_time=begun)


def _called_by(record: Record) -> Context:
    if not record.parent:
        return trace.set_span_in_context(trace.INVALID_SPAN)
    flags = TraceFlags(TraceFlags.SAMPLED if record.span.sampled else TraceFlags.DEFAULT)
    parent = SpanContext(int(record.span.trace, 16), int(record.parent, 16), is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(parent))


def _attributes(record: Record, use: Use) -> Iterator[tuple[str, Any]]:
    told = {
        "http.response.status_code": use.status,
        "graphql.operation.name": use.operation,
        "graphql.operation.type": use.interaction if use.document else "",
        "dmi.document": use.document,
        "dmi.request": record.id,
        "dmi.outcome": use.outcome,
        "dmi.cost": use.cost,
        "dmi.principal": use.principal,
    }
    return ((name, value) for name, value in told.items() if value)
