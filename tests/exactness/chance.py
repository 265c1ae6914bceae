"""Decisions of a generator: drawn by hypothesis, which can then make a failing case small, or by a seeded Random."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from random import Random

T = TypeVar("T")


class Chance:
    """Decisions; what is simplest is always the first choice, a 0 or a no, so that shrinking leads there."""

    def __init__(self, random: Random) -> None:
        self._below = random.randrange

    def below(self, end: int) -> int:
        """A number from 0 to just below the end."""
        return self._below(end)

    def happens(self, percent: int) -> bool:
        """Whether something happens that does so in that many of a hundred cases."""
        return self._below(100) >= 100 - percent

    def one(self, choices: Sequence[T]) -> T:
        """One of several."""
        return choices[self._below(len(choices))]

    def some(self, choices: Collection[T], most: int) -> list[T]:
        """Up to so many different ones of several, in their order."""
        left = list(choices)
        chosen = [left.pop(self._below(len(left))) for _ in range(min(self._below(most + 1), len(left)))]
        return [each for each in choices if each in chosen]
