"""Who waits between rows, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from app.store.sqlite import pacing
from app.store.sqlite.immediate import Impatient
from app.store.sqlite.pacing import AT_ONCE, paced

if TYPE_CHECKING:
    from pathlib import Path

ROWS = list(range(3 * AT_ONCE))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []
    monkeypatch.setattr(pacing, "sleep", made.append)
    return made


def test_a_thread_pauses_after_some_rows_and_reads_all_of_them(pauses: list[float]) -> None:
    assert list(paced(apsw.Connection(":memory:"), ROWS)) == ROWS
    assert len(pauses) == 3


def test_a_thread_does_not_pause_for_few_rows(pauses: list[float]) -> None:
    assert list(paced(apsw.Connection(":memory:"), ROWS[: AT_ONCE - 1])) == ROWS[: AT_ONCE - 1]
    assert not pauses


def test_the_event_loop_does_not_wait_for_itself(pauses: list[float], tmp_path: Path) -> None:
    apsw.Connection(str(tmp_path / "file")).close()
    connection = Impatient(str(tmp_path / "file"))
    assert list(paced(connection, ROWS)) == ROWS
    assert not pauses
    connection.close()
