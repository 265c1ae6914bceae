"""An embedded store whose disk is full: it says so, is read, and goes on once there is room."""

from __future__ import annotations

import resource
import subprocess
import sys
from contextlib import contextmanager
from shutil import which
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest

from tests.builders import device
from tests.end_to_end.processes import serving
from tests.end_to_end.survival.doors import DOORS, GraphQL, Refused, Rest, client
from tests.end_to_end.survival.intake import entry, transaction
from tests.end_to_end.survival.places import look_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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

    def fill(self, server: Server) -> None:
        """Leave little room."""

    def free(self, server: Server) -> None:
        """Make room."""


class SmallDisk:
    """A file system in memory, with ballast."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ballast = directory / "ballast"

    def fill(self, server: Server) -> None:
        self._ballast.write_bytes(b"x" * BALLAST)

    def free(self, server: Server) -> None:
        self._ballast.unlink()


class SmallFiles:
    """A directory where the server may write no file that is larger than so much."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def fill(self, server: Server) -> None:
        self._limit(server, BALLAST)

    def free(self, server: Server) -> None:
        self._limit(server, resource.RLIM_INFINITY)

    def _limit(self, server: Server, size: int) -> None:
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
    with disk_of(tmp_path / "disk") as disk:
        store = f"embedded:{disk.directory / 'store'}"
        settings = {"DMI_STORE": store, "DMI_EXAMPLE_DATA": "off"}
        with serving(**settings) as server, client(server.url) as http:
            kept = [door(http).create(device(id=None, lotNumber="before")).place for door in DOORS]
            disk.fill(server)
            for door in DOORS:
                kept += _filled(door(http))
            _refuses(GraphQL(http), 200)
            _refuses(Rest(http), 507)
            for place in kept:
                assert http.get(f"/fhir/{place}").json()["id"] == place.partition("/")[2]
            disk.free(server)
            kept += [door(http).create(_large(), key=str(uuid4())).place for door in DOORS]
            assert server.log == []
        found = look_into(store)
        assert found.histories.keys() == set(kept)
        assert found.flaws == []


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
