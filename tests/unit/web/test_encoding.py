from __future__ import annotations

import asyncio
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from app.fhir import json
from app.schema.execution.references import LONG, ROWS
from app.web.encoding import emptied, encoded
from tests.turns import Turns

ERRORS = [{"message": "x", "path": ["a", 0]}]


def rows(number: int) -> list[Any]:
    return [{"id": f"r{each}", "name": "Éva", "dose": Decimal("1.50"), "deep": [None, each]} for each in range(number)]


@pytest.mark.parametrize(
    "content",
    [
        {"data": None, "errors": ERRORS},
        {"errors": ERRORS},
        {"data": {"a": None, "b": 1, "c": [], "d": {}}},
        {"data": {"a": rows(LONG)}},
        {"data": {"a": rows(LONG + 1), "b": rows(3)}},
        {"data": {"a": rows(3 * LONG + 7), "b": rows(2 * LONG)}, "errors": ERRORS},
        {"data": {"a": {"count": 3, "edges": rows(500), "pageInfo": {"hasNextPage": True}}}},
        {"data": {"a": [None] * 200}, "extensions": {"cost": {"price": 1}}},
        {"data": {"a": [rows(100)]}},
        {"data": {"a": {"deep": {"edges": rows(100)}}, "b": {}, 'c é"': rows(100)}},
        {"data": {"a": rows(100)}, "errors": ERRORS * 100},
    ],
)
async def test_a_long_answer_has_the_bytes_that_it_has_at_once(content: dict[str, Any]) -> None:
    before = deepcopy(content)
    assert await encoded(content) == json.encode(before)
    assert content == before


async def test_others_are_answered_while_a_long_answer_is_written() -> None:
    turns = Turns()
    await turns.during(encoded({"data": {"a": rows(10 * ROWS)}}))
    assert turns.count >= 10


async def test_lists_are_emptied_by_a_few_rows_at_a_time() -> None:
    first, second = rows(5 * ROWS), rows(ROWS)
    left = []

    async def another() -> None:
        while True:
            left.append(len(first))
            await asyncio.sleep(0)

    task = asyncio.create_task(another())
    await emptied([first, second])
    task.cancel()
    assert (first, second) == ([], [])
    assert left[1:4] == [3 * ROWS, 2 * ROWS, ROWS]
