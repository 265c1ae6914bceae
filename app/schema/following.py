"""How many references one request may follow, whatever levels, aliases and lists they stand under.

Entries of a Bundle that refer to each other can be followed at every level to all of them again: 1,000 entries with
three references each are 81 million resources four levels below.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from app.errors import TooCostly

MOST_REFERENCES: Final = 20_000
"""Twenty references of each row of a page of 1,000."""


class Following(Struct, eq=False):
    """What is left to follow."""

    _left: int = field(default_factory=lambda: MOST_REFERENCES)  # looked up each time: tests have it smaller

    def goes_on(self, times: int) -> bool:
        """Whether so many references may all be followed; they count as followed then."""
        if self._left < times:
            return False
        self._left -= times
        return True

    def ends(self, times: int = 1) -> bool:
        """Whether a reference, which stands so many times in the answer, is one too many and stays null. The first of
        these raises TooCostly, and no other: a million errors would tell no more."""
        had, self._left = self._left, self._left - times
        if self._left < 0 <= had:
            raise TooCostly(
                f"One request may follow {MOST_REFERENCES} references; this one and all after it are null. "
                "Ask for fewer rows or fewer levels at once.",
                f"Une requête peut suivre {MOST_REFERENCES} références ; celle-ci et toutes les suivantes sont nulles. "
                "Demandez moins de lignes ou moins de niveaux à la fois.",
                rule="references",
            )
        return self._left < 0
