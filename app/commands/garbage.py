"""Python's search for objects that only refer to each other, as a server wants it.

By itself it comes whenever so many more objects are alive than at the last time. A page of documents is thousands of
them, all of which are trees and are freed without any search: each would be looked through once, which takes a
twentieth of the time of all pages. So the search comes by the clock, for what failed requests leave.
https://docs.python.org/3/library/gc.html
"""

from __future__ import annotations

import gc
from typing import Final

SECONDS: Final = 1
"""Between two searches of what was made since the one before: a few microseconds, where nothing is left."""

OLDER: Final = 60
ALL: Final = 3_600
"""After so many of them what the last ones have left is looked through, too, and everything but what was there when the
server started."""

THRESHOLDS: Final = (200_000, 1_000, 100)
"""How many more objects there are, some 40 MB, before a search comes all the same."""


def search_seldom() -> None:
    """Leave out of all searches what lives now: the schema is a million objects that live as long as the server, and
    looking through them again and again would stop every request for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


class Search:
    """The search, to be called every SECONDS. Worker processes are handed one each."""

    def __init__(self) -> None:
        self._number = 0

    async def __call__(self) -> None:
        """Search."""
        self._number += 1
        gc.collect(2 if self._number % ALL == 0 else 1 if self._number % OLDER == 0 else 0)
