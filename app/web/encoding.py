"""Long answers are written piece by piece, and freed so: a thousand rows take milliseconds, and others are answered in
between."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from app.fhir import json
from app.schema.execution.references import LONG, ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Json

DEPTH: Final = 2
"""Objects around a long list: the response with its data, a field of the root, as a connection with its edges."""


async def encoded(content: dict[str, Json]) -> bytes:
    """The JSON of a GraphQL response, which stays as it is: parts of it may be those of a resource that others read."""
    pieces: list[bytes] = []
    await _write_object(content, pieces, DEPTH)
    return b"".join(pieces)


async def emptied(lists: Sequence[list[Any]]) -> None:
    """Return when these lists of an answer, which is written, are empty."""
    for rows in lists:
        while rows:
            del rows[-ROWS:]
            await asyncio.sleep(0)


def _is_long(value: Any) -> bool:
    return type(value) is list and len(value) > LONG


async def _write_object(members: Mapping[str, Any], pieces: list[bytes], depth: int) -> None:
    """Write an object that has members."""
    mark = b"{"
    for name, value in members.items():
        pieces.append(b"%b%b:" % (mark, json.encode(name)))
        mark = b","
        if _is_long(value):
            await _write_rows(value, pieces)
        elif depth and value and type(value) is dict:
            await _write_object(value, pieces, depth - 1)
        else:
            pieces.append(json.encode(value))
    pieces.append(b"}")


async def _write_rows(rows: Sequence[Any], pieces: list[bytes]) -> None:
    mark = b"["
    for start in range(0, len(rows), ROWS):
        pieces += (mark, json.encode(rows[start : start + ROWS])[1:-1])
        mark = b","
        await asyncio.sleep(0)
    pieces.append(b"]")
