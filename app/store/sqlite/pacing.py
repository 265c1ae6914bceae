"""Threads read rows and documents with a little time for others between some and the next.

They would else keep a core, and Python's lock, for milliseconds; the event loop answers in between. What is read in the
event loop's own thread, on a connection that is in a hurry, is short."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Final, TypeVar

from app.store.sqlite.immediate import Impatient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import apsw

T = TypeVar("T")

AT_ONCE: Final = 16
PAUSE: Final = 0.00002
"""Rows that a thread reads before it lets go of the processor, and for how many seconds."""


def paced(connection: apsw.Connection, rows: Iterable[T]) -> Iterable[T]:
    """The rows that a connection reads; the event loop's own reads few, and does not wait for itself."""
    return rows if isinstance(connection, Impatient) else _paced(rows)


def _paced(rows: Iterable[T]) -> Iterator[T]:
    for number, row in enumerate(rows, 1):
        yield row
        if number % AT_ONCE == 0:
            sleep(PAUSE)
