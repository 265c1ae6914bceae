"""A whole answer in JSON, made of fields that are made once: Starlette's Response makes all of them anew each time,
which takes as long as reading the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from app.web.negotiation import GRAPHQL_JSON, JSON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Receive, Scope, Send

Field: TypeAlias = tuple[bytes, bytes]
"""The name of a header field, in lower case, and its value."""

_WITHOUT_BODY: Final = (204, 304)
_BY_MEDIA_TYPE: Final = {media_type: (b"content-type", media_type.encode()) for media_type in (JSON, GRAPHQL_JSON)}


class Answer(Struct, eq=False):
    """An ASGI application that sends a body; `fields` are all header fields but its length."""

    status: int
    body: bytes
    fields: Sequence[Field]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        length = () if self.status in _WITHOUT_BODY else ((b"content-length", b"%d" % len(self.body)),)
        headers = [*self.fields, *length]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(status: int, body: bytes, media_type: str, more: Sequence[Field] = ()) -> Answer:
    """An answer of that media type, JSON or GRAPHQL_JSON."""
    return Answer(status, body, (_BY_MEDIA_TYPE[media_type], *more))
