"""How many rows the reverse lists of one request may ask for, whatever levels, aliases and parents they stand under.

A page of 1,000 rows below each of 1,000 parents would be a million documents.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from app.errors import TooCostly

MOST_ROWS: Final = 20_000
"""A page of the default size below each of 1,000 parents."""

ALONE: Final = 100
"""The least that a page found by a cursor counts as: its parent cannot share a store command with others."""


class Rows(Struct, eq=False):
    """What is left to ask for. A level that goes beyond it is refused whole, before the store is asked."""

    _left: int = MOST_ROWS

    def take(self, count: int) -> None:
        """Ask for so many rows, skipped ones included. Raises TooCostly."""
        self._left -= count
        self.check()

    def check(self) -> None:
        """Raises TooCostly where too many rows have been asked for."""
        if self._left < 0:
            raise TooCostly(
                f"The reverse lists of one request may ask for {MOST_ROWS} rows in all, those that _offset skips "
                f"included: a page for each parent, which counts as {ALONE} at least where a cursor or last is given. "
                "Ask for fewer rows, or for fewer parents at once.",
                f"Les listes inverses d’une requête peuvent demander {MOST_ROWS} lignes en tout, y compris celles que "
                f"_offset saute : une page par parent, qui compte pour au moins {ALONE} avec un curseur ou last. "
                "Demandez moins de lignes, ou moins de parents à la fois.",
                rule="reverse-rows",
            )
