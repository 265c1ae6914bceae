"""The parameters of a request, in its address or in a form: names and values, each checked alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import parse_qsl

from app.errors import RequestError, TooCostly
from app.search.problems import malformed, repeated

if TYPE_CHECKING:
    from collections.abc import Sequence

Pair: TypeAlias = tuple[str, str]

MOST_PARAMETERS: Final = 100

_WHOLE: Final = re.compile(r"[0-9]{1,9}")


def pairs_of(text: bytes) -> tuple[Pair, ...]:
    """The names and values of a query string or a form. Raises RequestError where it is not UTF-8, TooCostly for more
    than MOST_PARAMETERS."""
    if text.count(b"&") >= MOST_PARAMETERS:
        raise TooCostly(
            f"A request has at most {MOST_PARAMETERS} parameters. Join the values of one by commas.",
            f"Une requête comporte au plus {MOST_PARAMETERS} paramètres. Réunissez les valeurs d’un même par des "
            "virgules.",
            rule="parameters",
        )
    try:
        return tuple(parse_qsl(text.decode(), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise RequestError(
            "The parameters are not UTF-8. Encode them as in %C3%A9.",
            "Les paramètres ne sont pas en UTF-8. Encodez-les comme dans %C3%A9.",
            rule="parameters",
        ) from None


def only(pairs: Sequence[Pair], name: str) -> str | None:
    """The value of a parameter that comes once, None where it is absent. Raises InvalidSearch."""
    values = [value for key, value in pairs if key == name]
    if len(values) > 1:
        raise repeated(name)
    return values[0] if values else None


def whole(name: str, value: str) -> int:
    """A count. Raises InvalidSearch."""
    if not _WHOLE.fullmatch(value):
        raise malformed(name, "whole")
    return int(value)
