"""Servers under measurement: processes of their own, kept on one core, with the processor time they have used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import clock_gettime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

ROOT: Final = Path(__file__).resolve().parents[1]
CAN_PIN: Final = hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1
SERVER_CORE, CLIENT_CORE, *_ = sorted(os.sched_getaffinity(0)) if CAN_PIN else (0, 0)
_ADDRESS = re.compile(r"http://(127\.0\.0\.1|localhost):(\d+)")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens on a port of this machine."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Seconds of processor time that the process has used so far, in all of its threads.

        Linux's clock of another process: https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html"""
        return clock_gettime(~self.pid << 3 | 2)


def pinned_clients() -> str:
    """Keep this process, which asks, off the core of the servers; a sentence that says whether that can be."""
    if not CAN_PIN:
        return "The clients take their time from the server: there is one core, or processes cannot be kept on one."
    os.sched_setaffinity(0, {CLIENT_CORE})
    return "The server has one core to itself; the clients, and a MongoDB of ours, share another."


@contextmanager
def served(command: Sequence[str], settings: Mapping[str, str], directory: Path = ROOT) -> Iterator[Server]:
    """A server that prints its address when it is ready, until the block ends. Raises SystemExit where it prints none.

    It sees none of the product's settings in this process's environment, but those that are given."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DMI_", "MONGODB_URI"))}
    with on_core_of_servers():
        process = subprocess.Popen(  # noqa: S603 - the servers are our own
            command, cwd=directory, env={**own, **settings}, stdout=subprocess.PIPE, text=True
        )
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = _ADDRESS.search(line)
        if not found:
            raise SystemExit(f"{' '.join(command)} did not start: {line}")
        yield Server(process.pid, int(found[2]))
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()


def product(store: str, **settings: str) -> AbstractContextManager[Server]:
    """`dmi-graph serve` on a store, as users run it."""
    given = {"DMI_STORE": store, "DMI_PORT": "0", "DMI_EXAMPLE_DATA": "off", **settings}
    return served([sys.executable, "-m", "app", "serve"], given)


def other(kind: str, what: str) -> AbstractContextManager[Server]:
    """A server of bench/servers.py."""
    return served([sys.executable, str(ROOT / "bench" / "servers.py"), kind, what], {})


@contextmanager
def on_core_of_servers() -> Iterator[None]:
    """What is started here stays on that core, with all of its threads."""
    if not CAN_PIN:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
