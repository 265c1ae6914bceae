"""When Python searches for what only refers to itself."""

from __future__ import annotations

import gc
import pickle
from typing import TYPE_CHECKING

from app.commands import garbage
from app.commands.garbage import THRESHOLDS, Search, search_seldom

if TYPE_CHECKING:
    import pytest


def test_what_lives_at_the_start_is_left_out_once_what_is_dead_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(gc, "collect", lambda: done.append("collected"))
    monkeypatch.setattr(gc, "freeze", lambda: done.append("frozen"))
    monkeypatch.setattr(gc, "set_threshold", lambda *thresholds: done.append(thresholds))
    search_seldom()
    assert done == ["collected", "frozen", THRESHOLDS]


async def test_each_search_looks_at_the_youngest_and_some_at_more(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []
    monkeypatch.setattr(gc, "collect", searched.append)
    monkeypatch.setattr(garbage, "OLDER", 2)
    monkeypatch.setattr(garbage, "ALL", 6)
    search = Search()
    for _ in range(7):
        await search()
    assert searched == [0, 1, 0, 1, 0, 2, 0]


class Circle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


async def test_a_search_frees_what_refers_to_itself_alone() -> None:
    gc.disable()
    try:
        Circle()
        await pickle.loads(pickle.dumps(Search()))()  # noqa: S301 - as a worker process is handed it
        assert not [each for each in gc.get_objects() if type(each) is Circle]
    finally:
        gc.enable()
