"""What every request has while it is answered; made by the HTTP layer, handed on in the scope of the request."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from random import Random
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from app.usage.trace_context import TraceContext, read

if TYPE_CHECKING:
    from app.usage.use import Use

_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9.\-]{1,64}")
"""FHIR's form of an id, so that an OperationOutcome may have the request's: https://hl7.org/fhir/R4/datatypes.html#id"""


_CHANCE: Final = Random()  # noqa: S311 - ids are told, they keep no secret
"""Begins with chance from the system, and does not go back there for each request: the thread of the event loop would
give up the interpreter for it, and wait for other threads to have it again."""


class Record(Struct, eq=False):
    """One request: its id, its span of a trace, the span that called it ("" where it began the trace), and what it did
    where somebody wants to know."""

    id: str
    span: TraceContext
    parent: str
    use: Use | None = None


def begun(request_id: bytes, traceparent: bytes, *, sampled: bool = False) -> Record:
    """The record of a request with these headers (b"" where they are absent); what is not well formed is made anew. A
    trace that begins here is kept if `sampled`."""
    made = f"{_CHANCE.getrandbits(256):064x}"
    caller = read(traceparent) if traceparent else None
    span = TraceContext(made[32:], made[:16], sampled)
    if caller:
        span = TraceContext(caller.trace, made[:16], caller.sampled)
    id_ = request_id.decode() if request_id and _WELL_FORMED.fullmatch(request_id) else made[16:32]
    return Record(id_, span, caller.span if caller else "")


CURRENT: Final[ContextVar[str]] = ContextVar("request", default="")
"""The id of the request that is being answered, for the lines of the log."""


class WithRequest(logging.Filter):
    """Gives a line of the log the attribute `request`, as text to stand at its end."""

    def filter(self, record: logging.LogRecord) -> bool:
        """The filter's hook: every line passes."""
        current = CURRENT.get()
        record.request = f" (request {current})" if current else ""
        return True
