"""An embedded store whose disk is full: it says so, is read, and goes on once there is room."""

from __future__ import annotations

import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import product
from shutil import which
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest

from tests.builders import device
from tests.end_to_end.processes import serving
from tests.end_to_end.survival.doors import GraphQL, Refused, Rest, client
from tests.end_to_end.survival.intake import entry, transaction
from tests.end_to_end.survival.places import look_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.end_to_end.processes import Server
    from tests.end_to_end.survival.doors import Door

    DiskOf = Callable[[Path], AbstractContextManager["Disk"]]

BALLAST = 2_000_000
LARGE = "x" * 100_000

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tmpfs and prlimit are Linux's")


class Disk(Protocol):
    """A place for a store, where room can be made."""

    directory: Path

    def fill(self, servers: Sequence[Server]) -> None:
        """Leave little room."""

    def free(self, servers: Sequence[Server]) -> None:
        """Make room."""


class SmallDisk:
    """A file system in memory, with ballast."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ballast = directory / "ballast"

    def fill(self, servers: Sequence[Server]) -> None:
        self._ballast.write_bytes(b"x" * BALLAST)

    def free(self, servers: Sequence[Server]) -> None:
        self._ballast.unlink()


class SmallFiles:
    """A directory where the servers may write no file that is larger than so much."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def fill(self, servers: Sequence[Server]) -> None:
        self._limit(servers, BALLAST)

    def free(self, servers: Sequence[Server]) -> None:
        self._limit(servers, resource.RLIM_INFINITY)

    def _limit(self, servers: Sequence[Server], size: int) -> None:
        for server in servers:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def small_disk(place: Path) -> Iterator[Disk]:
    place.mkdir()
    command = [which("mount") or "mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run([which("umount") or "umount", str(place)], check=True)


@contextmanager
def small_files(place: Path) -> Iterator[Disk]:
    yield SmallFiles(place)


@pytest.mark.parametrize("disk_of", [small_disk, small_files])
def test_a_full_disk_is_told_and_what_was_acknowledged_is_read(tmp_path: Path, disk_of: DiskOf) -> None:
    """By two servers on the store, each asked at one door."""
    with disk_of(tmp_path / "disk") as disk, ExitStack() as stack:
        store = f"embedded:{disk.directory / 'store'}"
        servers = _servers(stack, DMI_STORE=store, DMI_EXAMPLE_DATA="off")
        https = [stack.enter_context(client(server.url)) for server in servers]
        graphql, rest = doors = GraphQL(https[0]), Rest(https[1])
        kept = [door.create(device(id=None, lotNumber="before")).place for door in doors]
        disk.fill(servers)
        for door in doors:
            kept += _filled(door)
        _refuses(graphql, 200)
        _refuses(rest, 507)
        for place, http in product(kept, https):
            assert http.get(f"/fhir/{place}").json()["id"] == place.partition("/")[2]
        disk.free(servers)
        kept += [door.create(_large(), key=str(uuid4())).place for door in doors]
        assert [server.log for server in servers] == [[], []]
        found = look_into(store)
        assert found.histories.keys() == set(kept)
        assert found.flaws == []


def _servers(stack: ExitStack, **settings: str) -> Sequence[Server]:
    """Two of them, which start at the same time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda _: stack.enter_context(serving(**settings)), range(2)))


def _filled(door: Door) -> list[str]:
    """The places of what was acknowledged, one by one, until the disk was full."""
    kept: list[str] = []
    while True:
        try:
            kept.append(door.create(_large()).place)
        except Refused:
            return kept


def _refuses(door: Door, status: int) -> None:
    """Every kind of write is refused for lack of room."""
    whole = transaction(*(entry("POST", "Device", _large()) for _ in range(4)))
    for write in (
        lambda: door.create(_large()),
        lambda: door.create(_large(), condition="identifier=urn:x|none"),
        lambda: door.transmit(whole),
    ):
        with pytest.raises(Refused) as refusal:
            write()
        assert (refusal.value.code, refusal.value.status) == ("no-store", status)


def _large() -> dict[str, object]:
    return device(id=None, lotNumber="large", note=[{"text": LARGE}])
