"""What has been written lately: the change log, in the order of commits. A point in it is the number of a change.

Numbers are not used again: what is erased loses its changes, but for a last one, of which the number stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.fhir.json import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

    from app.fhir.resource import Resource

_REACHED: Final = "SELECT ifnull(max(sequence), 0) FROM change"
_WRITTEN: Final = (
    "SELECT change.sequence, document.text FROM change CROSS JOIN document USING (key)"
    " WHERE change.sequence > ? ORDER BY change.sequence LIMIT ?"
)
ALL: Final = -1
"""As a LIMIT of SQLite: all rows."""


def reached(connection: apsw.Connection) -> int:
    """The number of the last change."""
    number: int = connection.execute(_REACHED).get
    return number


def written(connection: apsw.Connection, since: int, count: int = ALL) -> Iterator[tuple[int, Resource]]:
    """The next changes behind a number, with the resources as they are now; without those that are deleted now."""
    for number, text in connection.execute(_WRITTEN, (since, count)):
        yield number, decode(text)
