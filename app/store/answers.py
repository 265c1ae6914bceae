"""The answers that a ledger remembers hold resources; they are to be forgotten with these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

_WORD: Final = re.compile(r"[A-Za-z0-9\-.]+")
"""What an id may be: https://hl7.org/fhir/R4/datatypes.html#id"""


def names(answer: str, ids: Container[str]) -> bool:
    """Whether one of these ids stands in an answer."""
    return any(word in ids for word in _WORD.findall(answer))
