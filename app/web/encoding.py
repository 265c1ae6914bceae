"""Long answers are written piece by piece: a thousand rows take milliseconds, and others are answered in between."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app.fhir import json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir.resource import Json

ROWS: Final = 64
"""Rows that are written before others get a turn: a fifth of a millisecond."""


async def encoded(content: dict[str, Json]) -> bytes:
    """The JSON of a GraphQL response, which stays as it is: parts of it may be those of a resource that others read."""
    data = content.get("data")
    if not isinstance(data, dict) or not any(map(_has_rows, data.values())):
        return json.encode(content)
    written = {key: await _written(value) for key, value in data.items()}
    return json.encode({**content, "data": written})


def _has_rows(value: Any) -> bool:
    """Whether a field of the root is a long list, or has one, as the edges of a connection are."""
    return _is_long(value) or (type(value) is dict and any(map(_is_long, value.values())))


def _is_long(value: Any) -> bool:
    return type(value) is list and len(value) > ROWS


async def _written(value: Any) -> Any:
    if _is_long(value):
        return await _rows(value)
    if type(value) is dict:
        return {key: await _rows(each) if _is_long(each) else each for key, each in value.items()}
    return value


async def _rows(rows: Sequence[Any]) -> msgspec.Raw:
    pieces = []
    for start in range(0, len(rows), ROWS):
        pieces.append(json.encode(rows[start : start + ROWS])[1:-1])
        await asyncio.sleep(0)
    return msgspec.Raw(b"[%b]" % b",".join(pieces))
