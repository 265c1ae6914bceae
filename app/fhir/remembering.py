"""Answers of pure functions kept for texts that come again and again: codes, systems, names, references to the same
hospital. The memory is bounded twice: in the number of answers, and a long text is never kept."""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")

ANSWERS: Final = 8_192
LONGEST: Final = 256


def remembered(read: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """The function, which remembers what it answered to short texts."""
    known = lru_cache(maxsize=ANSWERS)(read)

    @wraps(read)
    def look(text: str) -> Answer:
        return known(text) if len(text) <= LONGEST else read(text)

    return look


def remembered_pair(read: Callable[[str, str], Answer]) -> Callable[[str, str], Answer]:
    """The same of two texts."""
    known = lru_cache(maxsize=ANSWERS)(read)

    @wraps(read)
    def look(first: str, second: str) -> Answer:
        return known(first, second) if len(first) + len(second) <= LONGEST else read(first, second)

    return look
