"""The file of a store that was torn or damaged is named by `check`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.settings import read_settings
from app.store.repository import Write
from app.store.sqlite.file import FILE
from app.stores import store_of
from tests.builders import device
from tests.end_to_end.processes import command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEVICES = 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a store with some devices."""
    asyncio.run(filled(f"embedded:{tmp_path}"))
    return tmp_path / FILE


async def filled(place: str) -> None:
    store = store_of(read_settings({"DMI_STORE": place}))
    await store.open()
    await store.write([Write("Device", f"d{number}", device(lotNumber="x" * 500)) for number in range(DEVICES)])
    await store.close()


def torn(file: Path) -> None:
    """The second half of it never came to the disk."""
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def overwritten(file: Path) -> None:
    """Some pages hold what belongs to another file."""
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        opened.write(b"\xa5" * 3 * 4096)


def test_a_whole_store_is_told_to_be_whole(file: Path) -> None:
    done = command("check", DMI_STORE=f"embedded:{file.parent}")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("damage", [torn, overwritten])
def test_a_damaged_file_is_named(file: Path, damage: Callable[[Path], None]) -> None:
    damage(file)
    done = command("check", DMI_STORE=f"embedded:{file.parent}")
    assert done.returncode == 1
    assert str(file) in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
