"""Several worker processes behind one address."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.end_to_end.processes import command, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.processes import Server

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="workers are found in Linux's /proc")


def workers_of(pid: int) -> set[int]:
    """The worker processes of a supervisor."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return {int(child) for child in children if b"spawn_main" in command_line(child)}


def command_line(child: str) -> bytes:
    """How a process was begun; empty where it has just ended."""
    try:
        return Path(f"/proc/{child}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def is_live(server: Server) -> bool:
    """Whether it answers; a worker that is killed takes the connection with it that it has just accepted."""
    try:
        return httpx.get(f"{server.url}/health").status_code == 200
    except httpx.TransportError:
        return False


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def asked(server: Server) -> int:
    """The requests for resources that `/metrics` tells of."""
    figures = httpx.get(f"{server.url}/metrics").text
    [counted] = re.findall(
        r'^dmi_request_seconds_count\{operation="other",outcome="success"\} (\d+)', figures, re.MULTILINE
    )
    return int(counted)


def test_all_workers_serve_and_the_example_data_are_stored_once(tmp_path: Path) -> None:
    with serving(
        DMI_STORE=f"embedded:{tmp_path}", DMI_WORKERS="2", DMI_METRICS="on", DMI_ACCESS_LOG=f"{tmp_path}/access.log"
    ) as server:
        assert len(workers_of(server.process.pid)) == 2
        counts = {
            server.ask("{ ProcedureConnection { count } }")["data"]["ProcedureConnection"]["count"] for _ in range(10)
        }
        assert {asked(server) for _ in range(4)} == {10}, "each worker tells of all"
    assert counts == {201}
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text(encoding="utf-8").splitlines()]
    assert len([line for line in lines if line.get("interaction") == "query"]) == 10
    assert server.process.returncode == 0
    assert server.log == []


def test_a_worker_that_dies_is_replaced_while_the_other_serves(tmp_path: Path) -> None:
    with serving(DMI_STORE=f"embedded:{tmp_path}", DMI_EXAMPLE_DATA="off", DMI_WORKERS="2", DMI_METRICS="on") as server:
        for _ in range(6):
            server.ask("{ PatientList { id } }")
        eventually(lambda: asked(server) == 6)  # a request is counted when its answer was sent
        victim, _ = before = workers_of(server.process.pid)
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: is_live(server))
        eventually(lambda: len(workers_of(server.process.pid) - before) == 1)
        assert asked(server) == 6, "what the dead one has counted stays"
    assert "died" in "".join(server.log)


def test_no_worker_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with serving(DMI_STORE=f"embedded:{tmp_path}", DMI_EXAMPLE_DATA="off", DMI_WORKERS="2") as server:
        workers = workers_of(server.process.pid)
        server.kill()
        eventually(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"DMI_STORE": "memory:"}, "DMI_WORKERS"),
        ({"DMI_STORE": "embedded:/proc/nowhere"}, "/proc/nowhere"),
        ({"DMI_PROFILES": "Procedure=nonsense"}, "DMI_PROFILES"),
    ],
)
def test_a_start_that_cannot_work_is_one_sentence_before_any_worker_starts(settings: dict[str, str], told: str) -> None:
    result = command("serve", DMI_WORKERS="2", **settings)
    assert result.returncode == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr
