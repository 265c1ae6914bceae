"""Python's search for objects that only refer to each other, as a server wants it.

https://docs.python.org/3/library/gc.html"""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (5_000, 1_000, 100)
"""How many more objects there are before the youngest are looked through, which takes a quarter of a millisecond, and
how often that is done before older ones are. Documents and answers are trees, which are freed without any search: it is
for what failed requests leave, and for that once in a million objects is often enough."""


def search_seldom() -> None:
    """Leave out of all searches what lives now: the schema is a million objects that live as long as the server, and
    looking through them again and again would stop every request for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
