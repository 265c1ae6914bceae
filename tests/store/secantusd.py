"""A MongoDB wire server from PyPI, in a process of its own: https://pypi.org/project/secantusdb/"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bson

from app.store.mongo import streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

BINARY: Final = Path(sys.executable).with_name("secantusd-py")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(directory: Path, port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that flushes every commit to the disk, with its data in a directory; killed in the end.

    It is killed because it sometimes takes no notice of SIGTERM while it has connections (0.7.0b3)."""
    command = [str(BINARY), "--port", str(port), "--storage-path", str(directory), "--sync-on-commit", *options]
    with (directory.parent / f"{directory.name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_for(port)
            yield process
        finally:
            process.kill()
            process.wait()


def sort_positions(patch: pytest.MonkeyPatch) -> None:
    """Have positions in change streams begin with the number of the change. Resume tokens of MongoDB sort by
    themselves, those of this server do not."""
    resume_token = streams.resume_token

    def position_of(token: Mapping[str, Any]) -> str:
        text: str = token["_data"]
        read = bson.decode(bytes.fromhex(text))
        return f"{read['s']:016x}{0 if read['k'] else 1}{text}"

    patch.setattr(streams, "position_of", position_of)
    patch.setattr(streams, "resume_token", lambda position: resume_token(position[17:]))


def _wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError
