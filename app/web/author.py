"""Who a client of an open server says it is: the header `X-Intake-System`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.errors import RequestError
from app.web.headers import text_of

if TYPE_CHECKING:
    from app.web.headers import Headers

HEADER: Final = b"x-intake-system"

_NAME: Final = re.compile(r"[ -~]{0,64}")
"""A header is ASCII; what else a client sends in one, nobody can tell how to read."""


def author_of(headers: Headers) -> str:
    """The name that is kept with each version which the client writes; "" where it gives none. Raises RequestError."""
    name = text_of(headers, HEADER).strip()
    if not _NAME.fullmatch(name):
        raise RequestError(
            "X-Intake-System is a name of at most 64 printable ASCII characters: letters without accents, digits, "
            "signs and blanks.",
            "X-Intake-System est un nom d’au plus 64 caractères ASCII imprimables : lettres sans accents, chiffres, "
            "signes et espaces.",
            rule="X-Intake-System",
        )
    return name
