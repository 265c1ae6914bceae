"""What goes out at once of an answer, and what of several."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.commands.sending import FEW, SMALL, Outgoing, Sending

DATE = (b"date", b"Mon, 30 Nov 2026 18:00:00 GMT")


class Wire(asyncio.Transport):
    """Keeps what is written, piece by piece; one that is `gone` takes nothing, as uvloop has it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.gone = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.gone:
            raise RuntimeError("the handle is closed")
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.gone

    def close(self) -> None:
        self.gone = True


def cycle_on(wire: Wire, *, method: str = "GET", keep_alive: bool = True) -> Any:
    """A request of a connection, as uvicorn has it; `completed` counts the answers that are complete."""
    completed: list[int] = []
    cycle: Any = RequestResponseCycle(
        scope={"type": "http", "method": method},  # type: ignore[typeddict-item] # what is looked at of it
        transport=wire,
        flow=FlowControl(wire),
        logger=logging.getLogger("uvicorn.error"),
        access_logger=logging.getLogger("uvicorn.access"),
        access_log=False,
        default_headers=[DATE],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: completed.append(1),
    )
    cycle.completed = completed
    return cycle


def head(*fields: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(fields)}


def body(text: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": text, "more_body": more}


def length(number: int) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % number


WHOLE = [head((b"content-type", b"text/plain"), length(2)), body(b"ok")]
ANSWERS = {
    "whole": WHOLE,
    "empty": [head(length(0)), body(b"")],
    "no content": [head(status=204), body(b"")],
    "no length": [head(), body(b"ok")],
    "closed behind": [head(length(2), (b"connection", b"close")), body(b"ok")],
    "in pieces": [head(), body(b"o", more=True), body(b"k", more=True), body(b"")],
    "in pieces of a known length": [head(length(2)), body(b"o", more=True), body(b"k")],
    "large": [head(length(SMALL + 1)), body(b"x" * (SMALL + 1))],
    "name in capitals": [head((b"X-Name", b"x"), length(2)), body(b"ok")],
}


@pytest.mark.parametrize("tasks", [1, FEW + 1])
@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_the_bytes_and_the_end_are_those_of_uvicorn(name: str, method: str, keep_alive: bool, tasks: int) -> None:
    ours, theirs, outgoing = Wire(), Wire(), Outgoing()
    sent, expected = (cycle_on(wire, method=method, keep_alive=keep_alive) for wire in (ours, theirs))
    sending = Sending(sent, outgoing, range(tasks))
    for message in ANSWERS[name]:
        await sending(message)
        await expected.send(message)
    await asyncio.sleep(0)
    assert b"".join(ours.written).lower() == b"".join(theirs.written).lower()
    assert (ours.gone, sent.completed) == (theirs.gone, expected.completed)


async def test_a_whole_answer_goes_out_in_one_piece() -> None:
    wire = Wire()
    sending = Sending(cycle_on(wire), Outgoing(), ())
    for message in WHOLE:
        await sending(message)
    assert len(wire.written) == 1


async def test_a_large_body_is_not_copied() -> None:
    wire = Wire()
    sending = Sending(cycle_on(wire), Outgoing(), ())
    for message in ANSWERS["large"]:
        await sending(message)
    assert list(map(len, wire.written))[1:] == [SMALL + 1]


@pytest.mark.parametrize("field", [(b"x-name", b"a\r\nb: c"), (b"x name", b"a"), (b"x-\n", b"a")])
async def test_a_field_that_would_be_more_than_a_line_is_refused(field: tuple[bytes, bytes]) -> None:
    wire = Wire()
    sending = Sending(cycle_on(wire), Outgoing(), ())
    await sending(head(field, length(2)))
    with pytest.raises(RuntimeError):
        await sending(body(b"ok"))
    assert not wire.written


@pytest.mark.parametrize("told", [1, 3])
async def test_a_length_that_is_not_that_of_the_body_is_refused(told: int) -> None:
    sending = Sending(cycle_on(Wire()), Outgoing(), ())
    await sending(head(length(told)))
    with pytest.raises(RuntimeError):
        await sending(body(b"ok"))


@pytest.mark.parametrize("name", ["whole", "in pieces", "large"])
@pytest.mark.parametrize("before", [0, 1])
async def test_nothing_is_sent_over_a_connection_that_is_gone(name: str, before: int) -> None:
    wire = Wire()
    cycle = cycle_on(wire)
    sending = Sending(cycle, Outgoing(), ())
    for number, message in enumerate(ANSWERS[name]):
        wire.gone = wire.gone or number == before
        await sending(message)
    assert (wire.written, cycle.disconnected) == ([], True)


async def test_the_answers_of_one_turn_go_out_together_where_they_are_many() -> None:
    wires, outgoing = [Wire() for _ in range(FEW + 1)], Outgoing()
    for wire in wires:
        sending = Sending(cycle_on(wire), outgoing, wires)
        for message in WHOLE:
            await sending(message)
    assert not any(wire.written for wire in wires)
    await asyncio.sleep(0)
    assert [len(wire.written) for wire in wires] == [1] * len(wires)


async def test_where_they_are_few_none_waits_for_another() -> None:
    wires, outgoing = [Wire() for _ in range(FEW)], Outgoing()
    for wire in wires:
        sending = Sending(cycle_on(wire), outgoing, wires)
        for message in WHOLE:
            await sending(message)
    assert [len(wire.written) for wire in wires] == [1] * FEW


async def test_what_comes_in_pieces_does_not_overtake_what_waits() -> None:
    wire, outgoing, many = Wire(), Outgoing(), range(FEW + 1)
    for name in ("whole", "in pieces"):
        sending = Sending(cycle_on(wire), outgoing, many)
        for message in ANSWERS[name]:
            await sending(message)
    assert wire.written[0].endswith(b"\r\n\r\nok")
    assert b"chunked" in wire.written[1]


async def test_what_waits_for_a_connection_that_is_gone_is_dropped() -> None:
    wire, other, outgoing, many = Wire(), Wire(), Outgoing(), range(FEW + 1)
    for each in (wire, other):
        sending = Sending(cycle_on(each), outgoing, many)
        for message in WHOLE:
            await sending(message)
    wire.gone = True
    await asyncio.sleep(0)
    assert (len(wire.written), len(other.written)) == (0, 1)
