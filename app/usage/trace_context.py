"""The header `traceparent`, by which the parts of one operation in several systems are found together.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

HEADER: Final = b"traceparent"

_FORM: Final = re.compile(rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED: Final = 0x01


class TraceContext(Struct, frozen=True):
    """A trace (32 hex digits), a span in it (16), and whether whoever began it keeps it."""

    trace: str
    span: str
    sampled: bool = False

    @property
    def header(self) -> bytes:
        """The value of the header that names this span as the parent of what comes next."""
        return f"00-{self.trace}-{self.span}-{'01' if self.sampled else '00'}".encode()


def read(header: bytes) -> TraceContext | None:
    """The span that a header names; None where it has none, or one that is not to the letter.

    A version that is not known yet may have more behind the four parts; what these mean does not change."""
    found = _FORM.fullmatch(header)
    if found is None or (found[1] == b"00" and found[5] is not None):
        return None
    return TraceContext(found[2].decode(), found[3].decode(), bool(int(found[4], 16) & _SAMPLED))
