from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import SettingsError
from app.fhir.json import decode
from app.usage import access_log
from app.usage.access_log import LONGEST, AccessLog, line
from app.usage.record import Record, begun
from app.usage.use import Kept, Use
from tests.eventually import eventually

if TYPE_CHECKING:
    from pathlib import Path


def record(**noted: Any) -> Record:
    found = begun(b"r-1", b"")
    found.use = Use(20)
    for name, value in noted.items():
        setattr(found.use, name, value)
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    return [decode(each) for each in path.read_bytes().splitlines()]


async def write(path: Path, *records: Record) -> None:
    log = AccessLog(str(path))
    await log.open()
    for each in records:
        log.note(each)
    await log.close()


async def test_a_line_is_written_for_each_request(tmp_path: Path) -> None:
    path = tmp_path / "log"
    await write(path, record(status=200), record(status=404))
    await write(path, record(status=500))
    assert [each["status"] for each in lines(path)] == [200, 404, 500]


async def test_the_log_is_its_owners_alone(tmp_path: Path) -> None:
    await write(tmp_path / "log", record())
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


async def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "TICK", 0)
    path, log = tmp_path / "log", AccessLog(str(tmp_path / "log"))
    await log.open()
    log.note(record(status=200))
    await eventually(lambda: bool(path.read_bytes()))
    path.rename(tmp_path / "log.1")
    log.note(record(status=404))
    await log.close()
    assert [each["status"] for each in lines(tmp_path / "log.1")] == [200]
    assert [each["status"] for each in lines(path)] == [404]


async def test_two_that_write_to_one_file_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    full = [record(principal="x" * 200, status=200) for _ in range(300)]
    await asyncio.gather(write(path, *full), write(path, *full))
    assert len(lines(path)) == 600


async def test_a_reader_that_stands_still_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "LAST", 0.01)
    reader, writer = os.pipe()
    log = AccessLog("stdout")
    log._file = writer
    await log.open()
    for _ in range(access_log.WAITING + 5):
        log.note(record(principal="x" * 100))
    await log.close()
    assert log._dropped == 5
    os.close(reader)  # the thread that still writes gets an error, and ends
    await asyncio.to_thread(log._thread.join)
    os.close(writer)


async def test_lines_that_could_not_be_written_are_counted_in_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(access_log, "TICK", 0)
    log = AccessLog(str(tmp_path / "log"))
    await log.open()
    with monkeypatch.context() as full:

        def no_room(*_: Any) -> int:
            raise OSError(28, "No space left on device")

        full.setattr(os, "write", no_room)
        for _ in range(3):
            log.note(record())
        await eventually(lambda: log._done == 3)
    log.note(record(status=200))
    await log.close()
    assert [each["dropped"] for each in lines(tmp_path / "log")] == [3]
    assert caplog.text.count("No space left on device") == 1


async def test_a_file_that_cannot_be_opened_is_told_by_the_name_of_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DMI_ACCESS_LOG"):
        await AccessLog(str(tmp_path / "none" / "log")).open()


def test_ids_make_room_for_the_rest_of_a_line() -> None:
    many = {f"Type{number}": dict.fromkeys(f"{each:064}" for each in range(20)) for number in range(25)}
    kept = [Kept("create", "Procedure/" + "x" * 64)] * 1_000
    written = line(
        record(ids=many, given=dict.fromkeys(many, 1_000), kept=kept, principal='"\n' * 1_000, client="é" * 9_999)
    )
    assert len(written) <= LONGEST
    assert decode(written)["counts"]["Type24"] == 1_000
    assert decode(written)["written"] == 1_000


@pytest.mark.parametrize(
    ("noted", "outcome"),
    [
        ({"status": 200}, "success"),
        ({"status": 200, "errors": {"not-found": 1}}, "partial"),
        ({"status": 200, "errors": {"invalid": 1}, "executed": False}, "refused"),
        ({"status": 404}, "refused"),
        ({"status": 503}, "failed"),
        ({}, "abandoned"),
    ],
)
def test_a_line_tells_how_it_ended(noted: dict[str, Any], outcome: str) -> None:
    assert decode(line(record(**noted)))["outcome"] == outcome
