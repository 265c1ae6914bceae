"""The lists and tables in `tables/`: package data, read once when the module that needs one is imported."""

from __future__ import annotations

from csv import DictReader
from importlib.resources import files


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table with a header line and `;` between its columns."""
    return list(DictReader(_text(name).splitlines(), delimiter=";"))


def words(name: str) -> tuple[str, ...]:
    """The words of a plain list."""
    return tuple(_text(name).split())


def parts(cell: str) -> tuple[str, ...]:
    """The values of a cell that holds several, `|` between them; an empty cell has none."""
    return tuple(cell.split("|")) if cell else ()


def _text(name: str) -> str:
    return (files("app.demo") / "tables" / name).read_text("utf-8")
