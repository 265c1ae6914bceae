"""Decisions of a generator, by a Random whose seed hypothesis draws.

Each decision could be drawn by hypothesis itself, which would then shrink a failing example. That takes six times as
long, more than what is tested, and what comes out is larger than what `reduction` makes of a case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from random import Random

T = TypeVar("T")


class Chance:
    """Decisions."""

    def __init__(self, random: Random) -> None:
        self._below = random.randrange

    def below(self, end: int) -> int:
        """A number from 0 to just below the end."""
        return self._below(end)

    def happens(self, percent: int) -> bool:
        """Whether something happens that does so in that many of a hundred cases."""
        return self._below(100) < percent

    def one(self, choices: Sequence[T]) -> T:
        """One of several."""
        return choices[self._below(len(choices))]

    def weighted(self, choices: Mapping[T, int]) -> T:
        """One of several, the more often the higher its number."""
        turn = self._below(sum(choices.values()))
        for choice, weight in choices.items():
            turn -= weight
            if turn < 0:
                return choice
        raise ValueError("there is no choice")

    def some(self, choices: Collection[T], most: int) -> list[T]:
        """Up to so many different ones of several, in their order."""
        left = list(choices)
        chosen = [left.pop(self._below(len(left))) for _ in range(min(self._below(most + 1), len(left)))]
        return [each for each in choices if each in chosen]
