"""Clients that ask one server as fast as it answers: each has one connection, kept open, and one question at a time.

They cost little, since they may share the machine with the server: one process, one event loop, and of an answer only
its status and its length are looked at."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

import httptools

from bench.measure import percentile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEADERS: Final = "Host: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
GOOD: Final = b"HTTP/1.1 200 "
LONGEST: Final = 300
"""Seconds after which something hangs."""


@dataclass(frozen=True, slots=True)
class Load:
    """How long all took, in seconds, and each answer, sorted."""

    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def at(self, share: float) -> float:
        """The seconds within which this share of the answers came."""
        return percentile(self.latencies, share)


class Answer(Protocol):
    """An answer that is arriving."""

    def feed(self, data: bytes) -> bool:
        """Whether it is complete with this. Raises SystemExit where it is not as it should be."""


class Counted:
    """An answer whose length is known, its head included: nothing of it is kept."""

    __slots__ = ("_left", "_length")

    def __init__(self, length: int) -> None:
        self._length = self._left = length

    def feed(self, data: bytes) -> bool:
        """As `Answer.feed`."""
        if self._left == self._length and not data.startswith(GOOD):
            raise SystemExit(f"A server answered: {data[:200]!r}")
        self._left -= len(data)
        if self._left < 0:
            raise SystemExit(f"An answer is longer than {self._length} bytes.")
        return not self._left


class Parsed:
    """An answer of any length, with its body."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._complete = False
        self.body = b""
        self.length = 0

    def feed(self, data: bytes) -> bool:
        """As `Answer.feed`."""
        self.length += len(data)
        self._parser.feed_data(data)
        if self._complete and self._parser.get_status_code() != 200:
            raise SystemExit(f"A server answered: {self._parser.get_status_code()} {self.body[:200]!r}")
        return self._complete

    def on_body(self, part: bytes) -> None:
        """The parser's hook."""
        self.body += part

    def on_message_complete(self) -> None:
        """The parser's hook."""
        self._complete = True


class Client(asyncio.Protocol):
    """Asks again whenever it has its answer, until there is no next request."""

    def __init__(self, requests: Callable[[], bytes | None], answers: Callable[[], Answer]) -> None:
        self._requests, self._answers = requests, answers
        self.latencies: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The event loop's hook."""
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment] # a stream's is one
        self._ask()

    def data_received(self, data: bytes) -> None:
        """The event loop's hook."""
        try:
            complete = self._answer.feed(data)
        except SystemExit as error:
            self._end(error)
            return
        if complete:
            self.latencies.append(perf_counter() - self._asked_at)
            self._ask()

    def connection_lost(self, _error: Exception | None) -> None:
        """The event loop's hook."""
        self._end(SystemExit("A server closed a connection."))

    def _ask(self) -> None:
        request = self._requests()
        if request is None:
            self._end(None)
            return
        self._answer = self._answers()
        self._asked_at = perf_counter()
        self._transport.write(request)

    def _end(self, error: SystemExit | None) -> None:
        if self.done.done():
            return
        self.done.set_exception(error) if error else self.done.set_result(None)
        self._transport.close()


async def load(
    port: int, requests: Callable[[], bytes | None], clients: int, answers: Callable[[], Answer] = Parsed
) -> Load:
    """What so many clients met; `requests` gives each request, and None when it is enough. Raises SystemExit where an
    answer is not as it should be."""
    connect, start = asyncio.get_running_loop().create_connection, perf_counter()
    made = [await connect(partial(Client, requests, answers), "127.0.0.1", port) for _ in range(clients)]
    async with asyncio.timeout(LONGEST):
        await asyncio.gather(*(client.done for _, client in made))
    return Load(perf_counter() - start, sorted(latency for _, client in made for latency in client.latencies))


async def answer(port: int, request: bytes) -> Parsed:
    """The answer to one request."""
    found = Parsed()
    await load(port, repeated(request, 1), 1, lambda: found)
    return found


def post(body: bytes) -> bytes:
    """The bytes of a GraphQL request."""
    return f"POST /graphql HTTP/1.1\r\n{HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body


def repeated(request: bytes, times: int) -> Callable[[], bytes | None]:
    """The same request so many times."""
    left = iter(range(times))
    return lambda: None if next(left, None) is None else request


def during(request: bytes, seconds: float) -> Callable[[], bytes | None]:
    """The same request for so many seconds."""
    end = perf_counter() + seconds
    return lambda: request if perf_counter() < end else None
