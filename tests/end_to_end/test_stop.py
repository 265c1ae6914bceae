"""A server that is told to stop: what runs is finished, nobody else is let in."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.processes import Server

BODY = b'{"query": "{ __typename }"}'
HEAD = (
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY)
)


def connection(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def begun(server: Server) -> socket.socket:
    """A request whose body has not come yet; the server has read its head."""
    client = connection(server)
    client.sendall(HEAD)
    client.recv(100)  # 100 Continue
    return client


def is_closed(server: Server) -> bool:
    try:
        connection(server).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_runs_is_finished_and_nobody_else_is_let_in(tmp_path: Path, workers: str) -> None:
    with serving(DMI_STORE=f"embedded:{tmp_path}", DMI_EXAMPLE_DATA="off", DMI_WORKERS=workers) as server:
        with begun(server) as client:
            server.process.send_signal(signal.SIGTERM)
            end = time.monotonic() + 15
            while not is_closed(server):
                assert time.monotonic() < end
                time.sleep(0.1)
            client.sendall(BODY)
            answer = b""
            while piece := client.recv(65_536):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b'{"data":{"__typename":"Query"}}')
        assert server.process.wait(30) == 0
    assert server.log == []


@pytest.mark.long
def test_a_request_that_never_ends_is_given_up_after_twenty_seconds(tmp_path: Path) -> None:
    with serving(DMI_STORE=f"embedded:{tmp_path}", DMI_EXAMPLE_DATA="off") as server, begun(server):
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
