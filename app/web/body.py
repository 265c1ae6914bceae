"""Request bodies within a limit: a larger one is refused with 413, its rest read away within bounds."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from app.errors import TooLarge, UnsupportedMedia

if TYPE_CHECKING:
    from starlette.types import Receive

    from app.web.headers import Headers

DRAINED = 8  # bodies of up to this many limits are read to their end, so that the client sees the answer
DRAIN_SECONDS = 5.0


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge once it is beyond `limit` bytes, announced or sent, UnsupportedMedia for a
    compressed one, and ClientDisconnect."""
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise _compressed()
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > limit:
        if b"expect" not in headers:  # a client that waits for leave has sent nothing yet
            await _drain(receive, limit * DRAINED)
        raise _refusal(limit)
    chunks: list[bytes] = []
    seen = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        seen += len(chunk)
        if seen > limit:
            if more:
                await _drain(receive, limit * DRAINED)
            raise _refusal(limit)
        if not more:
            return b"".join([*chunks, chunk]) if chunks else chunk
        chunks.append(chunk)


async def _drain(receive: Receive, at_most: int) -> None:
    seen = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while seen <= at_most:
                message = await receive()
                seen += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return


def _compressed() -> UnsupportedMedia:
    return UnsupportedMedia(
        "This server does not unpack what is sent. Send the body without Content-Encoding.",
        "Ce serveur ne décompresse pas ce qui est envoyé. Envoyez le corps sans Content-Encoding.",
        rule="content-encoding",
    )


def _refusal(limit: int) -> TooLarge:
    return TooLarge(
        f"The request body is larger than {limit} bytes. Send less at once, or have DMI_MAX_BODY raised.",
        f"Le corps de la requête dépasse {limit} octets. Envoyez-en moins à la fois, ou faites augmenter DMI_MAX_BODY.",
    )
