"""`index`: the indexes of the store, and which of them nobody needs any more."""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.commands.report import terminal, terminal_language
from app.commands.store import opened
from app.fhir.json import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.settings import Settings
    from app.store.repository import Repository

Outcome = Literal["present", "missing", "stale", "dropped"]

_FRENCH: Final[Mapping[Outcome, str]] = {
    "present": "présent",
    "missing": "absent",
    "stale": "périmé",
    "dropped": "supprimé",
}
_COLOURS: Final[Mapping[Outcome, str]] = {"present": "green", "missing": "red", "stale": "yellow", "dropped": "blue"}
_HEADS: Final = {"en": ("place", "index", "state"), "fr": ("emplacement", "index", "état")}
_REMEDY: Final = {
    "en": "Drop the stale ones with --drop-stale once no server of an earlier release uses this store.",
    "fr": "Supprimez les index périmés avec --drop-stale dès qu’aucun serveur d’une version antérieure n’utilise plus "
    "cette base.",
}
_UNBOUNDED: Final = 10_000
"""The width of output that is no terminal: names are not cut."""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """An index, and what is told of it."""

    place: str
    name: str
    outcome: Outcome


async def show_indexes(settings: Settings, *, drop_stale: bool, as_json: bool) -> None:
    """Open the store, which makes the indexes that are missing, and print all of them on standard output."""
    language = terminal_language(os.environ)
    async with opened(settings, new=True) as store:
        lines = await index_lines(store, drop_stale=drop_stale)
    if as_json:
        for line in lines:
            told = {"place": line.place, "name": line.name, "state": line.outcome}
            print(encode(told).decode())  # noqa: T201 - the answer
    else:
        width = None if sys.stdout.isatty() else _UNBOUNDED
        Console(highlight=False, width=width).print(table_of(lines, language))
    terminal().print(summary_of(lines, language), soft_wrap=True)


async def index_lines(store: Repository, *, drop_stale: bool) -> Sequence[Line]:
    """Every index of the store by place and name, those that were dropped just now included."""
    dropped = await store.drop_stale() if drop_stale else ()
    there = [Line(each.place, each.name, each.state) for each in await store.indexes()]
    return sorted([*there, *(Line(each.place, each.name, "dropped") for each in dropped)])


def table_of(lines: Sequence[Line], language: str) -> Table:
    """The indexes as a table for people."""
    table = Table(*_HEADS[language], box=None, padding=(0, 2, 0, 0))
    for line in lines:
        state = f"[{_COLOURS[line.outcome]}]{_named(line.outcome, language)}[/]"
        table.add_row(escape(line.place), escape(line.name), state)
    return table


def summary_of(lines: Sequence[Line], language: str) -> str:
    """How many indexes there are in each state, and what to do about stale ones."""
    counts = Counter(line.outcome for line in lines)
    listed = ", ".join(f"{_named(outcome, language)} {counts[outcome]}" for outcome in _FRENCH)
    return f"{listed}. {_REMEDY[language]}" if counts["stale"] else f"{listed}."


def _named(outcome: Outcome, language: str) -> str:
    return _FRENCH[outcome] if language == "fr" else outcome
