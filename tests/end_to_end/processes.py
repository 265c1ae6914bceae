"""The product as its users run it: processes of its own, on free ports, spoken to over HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
PROGRAM = ("-m", "app")
_READY = re.compile(r"dmi-graph is ready: (http://\S+)")


@dataclass
class Server:
    """A running `dmi-graph serve`."""

    process: subprocess.Popen[str]
    url: str
    log: list[str]

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON answer to a GraphQL request."""
        body = {"query": query, "variables": variables}
        answer: dict[str, Any] = httpx.post(f"{self.url}/graphql", json=body, timeout=30).json()
        return answer

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is closed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `dmi-graph …` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def serving(program: Sequence[str] = PROGRAM, **settings: str) -> Iterator[Server]:
    """`dmi-graph serve` with these settings, until the block ends; `program` is how Python is told to run it."""
    process = subprocess.Popen(
        [sys.executable, *program, "serve"],
        cwd=ROOT,
        env=environment({"DMI_PORT": "0", **settings}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    log: list[str] = []
    reader = threading.Thread(target=log.extend, args=(process.stderr,))
    reader.start()
    try:
        line = process.stdout.readline()
        found = _READY.search(line)
        assert found, f"the server did not start: {line}{''.join(log)}"
        yield Server(process, found[1], log)
    finally:
        process.terminate()
        process.wait(30)
        reader.join()
        process.stdout.close()
        process.stderr.close()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without its own settings of the product, and with these."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DMI_", "MONGODB_URI"))}
    return {**own, **settings}
