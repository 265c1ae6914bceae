"""The header fields that every answer has, whoever makes it: it is not kept on the way, taken for something else, shown
in a frame, run as a script, or embedded by another site.

https://owasp.org/www-project-secure-headers/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.web.answer import Field

FIELDS: Final[tuple[Field, ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_NAMES: Final = frozenset(name for name, _ in FIELDS)


def secured(fields: Sequence[Field]) -> list[Field]:
    """The fields of an answer, and those that it does not have of its own."""
    own = dict(fields)
    missing = FIELDS if own.keys().isdisjoint(_NAMES) else [each for each in FIELDS if each[0] not in own]
    return [*fields, *missing]
