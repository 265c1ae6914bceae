"""The header fields of a request, read once. https://www.rfc-editor.org/rfc/rfc9110#name-field-lines-and-combined-fi"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Scope

Headers: TypeAlias = Mapping[bytes, bytes]
"""Values by field name; names are in lower case, as ASGI has them."""


_READ: Final = "dmi.headers"


def headers_of(scope: Scope) -> Headers:
    """The fields of an ASGI connection; the values of a field that comes several times are joined by commas.

    They are kept in the scope: every layer looks at some of them."""
    read: Headers | None = scope.get(_READ)
    if read is None:
        read = scope[_READ] = _fields(scope["headers"])
    return read


def _fields(lines: Collection[tuple[bytes, bytes]]) -> Headers:
    fields: dict[bytes, bytes] = dict(lines)
    if len(fields) == len(lines):
        return fields
    values: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        values.setdefault(name, []).append(value)
    return {name: b", ".join(each) for name, each in values.items()}


def text_of(headers: Headers, name: bytes) -> str:
    """The value of a field as text; "" where it is absent."""
    return headers.get(name, b"").decode("latin-1")


def with_headers(scope: Scope, more: Headers) -> Scope:
    """The same connection with other values of some fields."""
    return {**scope, _READ: {**headers_of(scope), **more}}
