"""The rows of a recall as CSV: RFC 4180 with a header, in UTF-8 with a byte order mark, which spreadsheets need.

A text that a spreadsheet would take for a formula gets an apostrophe ahead of it.
Sources: https://www.rfc-editor.org/rfc/rfc4180, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Final

from app.errors import InvalidSearch
from app.recall.rows import COLUMNS, recall_rows

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence

    from app.recall.criteria import Criteria
    from app.recall.reading import Reader

BYTE_ORDER_MARK: Final = "\ufeff"
SEPARATORS: Final = (",", ";")
"""RFC 4180 has the comma; spreadsheets in French read the semicolon without being asked."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


async def recall_csv(
    reader: Reader, criteria: Criteria, base: str, language: str, separator: str = ","
) -> AsyncGenerator[bytes, None]:
    """The table piece by piece, the header in the language ("en" or "fr") with the first one. A piece that cannot be
    read raises: who passes the pieces on must not let the table look complete."""
    header = list(COLUMNS.values() if language == "fr" else COLUMNS)
    start = BYTE_ORDER_MARK + _text([header], separator)
    async for rows in recall_rows(reader, criteria, base):
        yield (start + _text(([row[name] for name in COLUMNS] for row in rows), separator)).encode("utf-8", "replace")
        start = ""
    if start:
        yield start.encode()


def separator_of(given: Sequence[str]) -> str:
    """The separator that is asked for, once; the comma where none is. Raises InvalidSearch."""
    if not given:
        return SEPARATORS[0]
    if len(given) > 1 or given[0] not in SEPARATORS:
        raise InvalidSearch(
            "separator is , or ; (in an address %3B), and given once.",
            "separator vaut , ou ; (dans une adresse %3B), et n’est donné qu’une fois.",
            expression="separator",
            rule="recall-separator",
        )
    return given[0]


def _text(rows: Iterable[Iterable[str]], separator: str) -> str:
    text = StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return text.getvalue()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
