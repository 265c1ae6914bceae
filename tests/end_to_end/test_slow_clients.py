"""Clients that are silent, slow, or never read: they do not keep others from their answers, and are left in the end."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack, suppress
from time import sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.builders import patient
from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from pathlib import Path

EACH = 20
"""Clients of each kind."""

LARGE = patient(text={"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"x" * 900_000}</div>'})
CREATE = "mutation($r: FHIR!) { PatientCreate(resource: $r) { resource { id } } }"
HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"


def asking(query: str) -> bytes:
    body = json.dumps({"query": query}).encode()
    return HEAD + JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body


def connected(url: str, stack: ExitStack, *, sends: bytes) -> socket.socket:
    """A connection on which so much was sent, and nothing is read."""
    address = urlsplit(url)
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.settimeout(20)
    client.connect((address.hostname, address.port))
    client.sendall(sends)
    return client


def read_to_the_end(client: socket.socket) -> bytes:
    """What comes until the server closes the connection. Raises TimeoutError where it does not."""
    received = b""
    with suppress(ConnectionResetError):
        while piece := client.recv(1_000_000):
            received += piece
    return received


def test_slow_and_silent_clients_do_not_stop_others_and_are_left(tmp_path: Path) -> None:
    settings = {"DMI_STORE": f"embedded:{tmp_path}", "DMI_EXAMPLE_DATA": "off", "DMI_MAX_CLIENT_SECONDS": "1"}
    with serving(**settings) as server, ExitStack() as stack:
        id_ = server.ask(CREATE, {"r": LARGE})["data"]["PatientCreate"]["resource"]["id"]
        nine_times = " ".join(f"a{number}: text {{ div }}" for number in range(9))
        reading = connected(server.url, stack, sends=asking(f'{{ Patient(id: "{id_}") {{ {nine_times} }} }}'))
        assert reading.recv(8, socket.MSG_PEEK) == b"HTTP/1.1"  # the answer waits, and is not read
        slow = {
            kind: [connected(server.url, stack, sends=sent) for _ in range(EACH)]
            for kind, sent in {
                "silent": b"",
                "head": HEAD,
                "body": HEAD + JSON + b'Content-Length: 100\r\n\r\n{"query"',
            }.items()
        }
        answers = [server.ask(f'{{ Patient(id: "{id_}") {{ birthDate }} }}') for _ in range(10)]
        ends = {kind: [read_to_the_end(each) for each in clients] for kind, clients in slow.items()}
        sleep(2)  # until it was given up for sure
        unread = read_to_the_end(reading)
        last = server.ask(f'{{ Patient(id: "{id_}") {{ birthDate }} }}')
    assert answers == [{"data": {"Patient": {"birthDate": LARGE["birthDate"]}}}] * 10
    assert last == answers[0]
    assert ends["silent"] == ends["head"] == [b""] * EACH
    assert all(b" 408 " in end and b"DMI_MAX_CLIENT_SECONDS" in end for end in ends["body"])
    assert len(unread) < 8_000_000
    assert server.log == []
