"""How an answer is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.web.answer import PIECE, Answer

if TYPE_CHECKING:
    from starlette.types import Message


async def sent(answer: Answer) -> list[Message]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    receive: Any = None
    await answer({}, receive, send)
    return messages


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
async def test_a_body_is_sent_whole_whatever_its_size(size: int) -> None:
    body = bytes(number % 251 for number in range(size))
    start, *pieces = await sent(Answer(200, body, ()))
    assert start["headers"] == [(b"content-length", str(size).encode())]
    assert b"".join(piece["body"] for piece in pieces) == body
    assert [piece.get("more_body", False) for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    assert max(len(piece["body"]) for piece in pieces) <= PIECE


async def test_others_get_a_turn_between_two_pieces() -> None:
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(another())
    await sent(Answer(200, b"x" * (4 * PIECE), ()))
    task.cancel()
    assert turns == 3


async def test_what_has_no_body_has_no_length() -> None:
    assert (await sent(Answer(304, b"", ())))[0]["headers"] == []
