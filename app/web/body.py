"""Request bodies within a limit: a larger one is refused with 413, its rest read away within bounds."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from app.errors import TooLarge

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope

DRAINED = 8  # bodies of up to this many limits are read to their end, so that the client sees the answer
DRAIN_SECONDS = 5.0


def limited(receive: Receive, scope: Scope, limit: int) -> Receive:
    """A `receive` that raises TooLarge once the body is beyond `limit` bytes, announced or sent."""
    headers = dict(scope["headers"])
    announced = headers.get(b"content-length", b"0")
    too_long = announced.isdigit() and int(announced) > limit
    waits_for_leave = b"expect" in headers  # such a client has sent nothing yet
    seen = 0

    async def receive_within() -> Message:
        nonlocal seen
        if too_long:
            if not waits_for_leave:
                await _drain(receive, limit * DRAINED)
            raise _refusal(limit)
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            if message.get("more_body"):
                await _drain(receive, limit * DRAINED)
            raise _refusal(limit)
        return message

    return receive_within


async def _drain(receive: Receive, at_most: int) -> None:
    seen = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while seen <= at_most:
                message = await receive()
                seen += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return


def _refusal(limit: int) -> TooLarge:
    return TooLarge(
        f"The request body is larger than {limit} bytes. Send less at once, or have DMI_MAX_BODY raised.",
        f"Le corps de la requête dépasse {limit} octets. Envoyez-en moins à la fois, ou faites augmenter DMI_MAX_BODY.",
    )
