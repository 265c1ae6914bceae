"""Prices: numbers that are known, or that the values of an operation's variables tell.

What is known is reckoned once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Told: TypeAlias = Callable[[Mapping[str, Any]], int]
Price: TypeAlias = int | Told


def price_of(price: Price, variables: Mapping[str, Any]) -> int:
    """The price for these values of the variables."""
    return price if isinstance(price, int) else price(variables)


def total(prices: Iterable[Price]) -> Price:
    """All of the prices together."""
    known, told = _parted(prices)
    constant = sum(known)
    return (lambda variables: constant + sum([price(variables) for price in told])) if told else constant


def largest(prices: Iterable[Price]) -> Price:
    """The largest of the prices, 0 where there are none."""
    known, told = _parted(prices)
    constant = max(known, default=0)
    return (lambda variables: max(constant, *[price(variables) for price in told])) if told else constant


def times(count: Price, price: Price) -> Price:
    """A price so many times."""
    if isinstance(count, int) and isinstance(price, int):
        return count * price
    return lambda variables: price_of(count, variables) * price_of(price, variables)


def only_if(name: str, wanted: bool, price: Price) -> Price:
    """The price where a variable has that value, else 0."""
    return (lambda variables: price_of(price, variables) if variables.get(name) is wanted else 0) if price else 0


def _parted(prices: Iterable[Price]) -> tuple[list[int], list[Told]]:
    known: list[int] = []
    told: list[Told] = []
    for price in prices:
        if isinstance(price, int):
            known.append(price)
        else:
            told.append(price)
    return known, told
