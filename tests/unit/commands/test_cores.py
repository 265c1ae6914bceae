from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app.commands.cores import cores

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def eight_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000", 8), ("1600000 100000", 8)],
)
def test_the_quota_of_a_container_bounds_what_the_scheduler_gives(tmp_path: Path, quota: str, expected: int) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(f"{quota}\n", encoding="ascii")
    assert cores(file) == expected


@pytest.mark.parametrize("text", ["", "nonsense", "1 2 3"])
def test_a_quota_that_cannot_be_read_bounds_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(text, encoding="ascii")
    assert cores(file) == 8


def test_without_a_container_the_scheduler_decides(tmp_path: Path) -> None:
    assert cores(tmp_path / "absent") == 8
