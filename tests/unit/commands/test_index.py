from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
from rich.console import Console

from app.commands.index import Line, index_lines, summary_of, table_of
from app.store.repository import IndexState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.store.repository import Repository

PRESENT = IndexState("Procedure", "dmi: date", "present")
MISSING = IndexState("Device", "dmi: lot", "missing")
STALE = IndexState("Device", "dmi: colour", "stale")


@dataclass
class Indexes:
    """The part of a store that `index` uses."""

    there: list[IndexState] = field(default_factory=lambda: [PRESENT, MISSING, STALE])

    async def indexes(self) -> Sequence[IndexState]:
        return tuple(self.there)

    async def drop_stale(self) -> Sequence[IndexState]:
        stale = [each for each in self.there if each.state == "stale"]
        self.there = [each for each in self.there if each.state != "stale"]
        return stale


def store(*there: IndexState) -> Repository:
    return cast("Repository", Indexes(list(there)))


def printed(language: str, *lines: Line, width: int = 100) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(table_of(lines, language))
    return capture.get()


async def test_indexes_are_told_by_place_and_name() -> None:
    assert await index_lines(store(PRESENT, MISSING, STALE), drop_stale=False) == [
        Line("Device", "dmi: colour", "stale"),
        Line("Device", "dmi: lot", "missing"),
        Line("Procedure", "dmi: date", "present"),
    ]


async def test_stale_indexes_stay_unless_asked() -> None:
    indexes = store(PRESENT, STALE)
    await index_lines(indexes, drop_stale=False)
    assert STALE in await indexes.indexes()


async def test_what_was_dropped_is_told_once_and_is_gone() -> None:
    indexes = store(PRESENT, STALE)
    assert await index_lines(indexes, drop_stale=True) == [
        Line("Device", "dmi: colour", "dropped"),
        Line("Procedure", "dmi: date", "present"),
    ]
    assert await index_lines(indexes, drop_stale=True) == [Line("Procedure", "dmi: date", "present")]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", [["place", "index", "state"], ["Device", "ix.lot", "missing"]]),
        ("fr", [["emplacement", "index", "état"], ["Device", "ix.lot", "absent"]]),
    ],
)
def test_the_table_speaks_the_language_of_the_terminal(language: str, expected: list[list[str]]) -> None:
    rows = [row.split() for row in printed(language, Line("Device", "ix.lot", "missing")).splitlines()]
    assert rows == expected


def test_a_name_that_looks_like_markup_is_printed_as_it_is() -> None:
    assert "[bold]ix[/bold]" in printed("en", Line("[red]", "[bold]ix[/bold]", "present"))


def test_no_indexes_are_a_table_of_heads_alone() -> None:
    assert printed("en").split() == ["place", "index", "state"]


def test_the_summary_counts_each_state() -> None:
    lines = [Line("a", "b", "present"), Line("a", "c", "present"), Line("a", "d", "dropped")]
    assert summary_of(lines, "en") == "present 2, missing 0, stale 0, dropped 1."
    assert summary_of(lines, "fr") == "présent 2, absent 0, périmé 0, supprimé 1."


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_summary_tells_how_to_drop_stale_ones(language: str) -> None:
    assert "--drop-stale" in summary_of([Line("a", "b", "stale")], language)
