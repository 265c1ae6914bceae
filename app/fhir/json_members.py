"""Some members of a JSON object, read without the others: a query mostly shows a part of a resource, and what it does
not show need not become Python objects."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypedDict

import msgspec

from app.fhir.json import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.fhir.resource import Json

CHOICES: Final = 128
"""Sets of names whose readers are kept; to make one takes as long as reading ten resources."""


@lru_cache(CHOICES)
def reader(names: frozenset[str]) -> Callable[[bytes], dict[str, Json]]:
    """Reads the members of those names of an object, in UTF-8, just as `decode` does: those that are there, in order.

    What it passes over is not looked at closely. Raises MalformedJson."""
    # Unknown members are skipped: https://jcristharif.com/msgspec/supported-types.html#typeddict
    members = TypedDict("members", dict.fromkeys(names, Any), total=False)  # type: ignore[misc] # known at run time
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(members, float_hook=Decimal)
    known = all(map(str.isascii, names))  # msgspec does not find other names in a TypedDict

    def read(text: bytes) -> dict[str, Json]:
        if known:
            try:
                found: dict[str, Json] = decoder.decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError):
                pass  # `decode` reads it nevertheless, or tells what is wrong
            else:
                return found
        return {name: value for name, value in decode(text).items() if name in names}

    return read
