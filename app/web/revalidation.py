"""Answers that a client may keep for itself, as long as it asks each time whether they still hold.

Patient data stays out of shared caches (`private`), and the one who asks is told 304 where nothing has changed.
https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from app.web.answer import Answer
from app.web.compression import LEAST, accepts_gzip
from app.web.headers import text_of

if TYPE_CHECKING:
    from app.web.headers import Headers

_CACHED: Final = (b"cache-control", b"private, no-cache")
_VARY: Final = "Accept, Accept-Language, Authorization"
_TAG: Final = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


def revalidated(answer: Answer, media_type: str, headers: Headers) -> Answer | Response:
    """The answer to a GET with its ETag, or 304 without a body where the request has an If-None-Match that holds."""
    large = len(answer.body) >= LEAST
    compressed = large and accepts_gzip(text_of(headers, b"accept-encoding"))
    tag = _tag(answer.body, media_type, "-gzip" if compressed else "")
    fields = (_CACHED, (b"etag", tag.encode()))
    condition = text_of(headers, b"if-none-match")
    if condition.strip() == "*" or tag in _TAG.findall(condition):
        same = {name.decode(): value.decode() for name, value in fields}
        return Response(status_code=304, headers={**same, "Vary": f"{_VARY}, Accept-Encoding"})
    content_type = (b"content-type", media_type.encode())
    vary = _VARY if large else f"{_VARY}, Accept-Encoding"  # to a large answer, Compression adds it
    return Answer(answer.status, answer.body, [content_type, *fields, (b"vary", vary.encode())])


def _tag(body: bytes, media_type: str, coding: str) -> str:
    """A strong validator: another one for each media type and coding, whose bytes differ."""
    return f'"{sha256(media_type.encode() + body).hexdigest()[:32]}{coding}"'
