"""What a read is for SQLite: its statements, and how each is carried out. https://www.sqlite.org/eqp.html

The read is done again for it. Values are bound, so that neither a statement nor its plan holds any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.store.repository import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    import apsw

    from app.store.sqlite.readers import Readers
    from app.store.sqlite.writer import AmongWrites

T = TypeVar("T")

MOST: Final = 20
"""Statements of a read that are told."""

_BLANKS: Final = re.compile(r"\s+")


class Explaining:
    """Runs reads in the place of `Readers`, and notes their statements."""

    def __init__(self, readers: Readers | AmongWrites) -> None:
        self._readers = readers
        self.statements: dict[str, Statement] = {}

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """What the work returns."""

        def noted(connection: apsw.Connection) -> T:
            statements: dict[str, Any] = {}

            def note(_cursor: object, text: str, bindings: Any) -> bool:
                statements.setdefault(text, bindings)
                return True

            connection.exec_trace = note
            try:
                return work(connection)
            finally:
                connection.exec_trace = None
                for text, bindings in statements.items():
                    if text not in self.statements and len(self.statements) < MOST:
                        self.statements[text] = _explained(connection, text, bindings)

        return await self._readers.run(noted)

    async def run_statement(self, work: Callable[[apsw.Connection], T]) -> T:
        """As `run`."""
        return await self.run(work)


def _explained(connection: apsw.Connection, text: str, bindings: Any) -> Statement:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {text}", bindings).fetchall()
    return Statement(_BLANKS.sub(" ", text).strip(), tuple(str(row[3]) for row in rows))
