"""What goes out at once of an answer."""

from __future__ import annotations

import asyncio

import pytest

from app.commands.joined import GO_ON, SMALL, Joined

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire(asyncio.Transport):
    """Keeps what is sent together."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def is_closing(self) -> bool:
        return bool(self.sent) and self.sent[-1] == b"closed"

    def close(self) -> None:
        self.sent.append(b"closed")


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_a_head_goes_out_with_the_body(wire: Wire) -> None:
    joined = Joined(wire)
    joined.write(HEAD)
    assert not wire.sent
    joined.write(b"body")
    joined.end()
    assert wire.sent == [HEAD + b"body"]


def test_each_answer_begins_with_its_head(wire: Wire) -> None:
    joined = Joined(wire)
    for body in (b"one", b"two"):
        joined.write(HEAD)
        joined.write(body)
        joined.end()
    assert wire.sent == [HEAD + b"one", HEAD + b"two"]


def test_pieces_behind_the_first_go_out_as_they_come(wire: Wire) -> None:
    joined = Joined(wire)
    for piece in (HEAD, b"one", HEAD, b"three"):
        joined.write(piece)
    assert wire.sent == [HEAD + b"one", HEAD, b"three"]


def test_a_large_body_is_not_copied(wire: Wire) -> None:
    joined, large = Joined(wire), b"x" * (SMALL + 1)
    joined.write(HEAD)
    joined.write(large)
    assert wire.sent == [HEAD, large]


def test_a_head_alone_goes_out_at_the_end(wire: Wire) -> None:
    joined = Joined(wire)
    joined.write(HEAD)
    joined.end()
    assert wire.sent == [HEAD]


def test_a_head_alone_goes_out_before_the_connection_is_closed(wire: Wire) -> None:
    joined = Joined(wire)
    joined.write(HEAD)
    joined.close()
    joined.end()
    assert wire.sent == [HEAD, b"closed"]
    assert joined.is_closing()


def test_leave_to_go_on_is_no_head(wire: Wire) -> None:
    joined = Joined(wire)
    for piece in (GO_ON, HEAD, b"body"):
        joined.write(piece)
    assert wire.sent == [GO_ON, HEAD + b"body"]


class Gone(Wire):
    """A connection that is gone: to write to it raises, as uvloop has it."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        raise RuntimeError("the handle is closed")

    def is_closing(self) -> bool:
        return True


def test_nothing_is_written_to_a_connection_that_is_gone() -> None:
    gone = Gone()
    joined = Joined(gone)
    for piece in (HEAD, b"body", b"more"):
        joined.write(piece)
    joined.close()
    joined.end()
    assert gone.sent == [b"closed"]


def test_a_head_that_waits_is_dropped_when_its_connection_goes(wire: Wire) -> None:
    joined = Joined(wire)
    joined.write(HEAD)
    wire.close()
    joined.close()
    assert wire.sent == [b"closed", b"closed"]
