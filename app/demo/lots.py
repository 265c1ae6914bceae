"""Lots: which one a unit delivered on a day comes from. The only state of the stream, and it is bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from app.demo.chance import chance
from app.demo.dates import FIRST_DAY

if TYPE_CHECKING:
    from app.demo.catalogue import Model

LOT_SIZE: Final = (20, 200)
"""How many units a lot has at least and at most."""

_SHORT_DATED: Final = 0.04  # the share of lots that expire before the hospital has used them up
_LETTERS: Final = "ABCDEFGHKLMNPRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot number, unique over all models, and the dates its units share."""

    number: str
    manufactured: date
    expires: date


@dataclass(slots=True)
class _Delivery:
    lot: Lot
    rank: int
    left: int


class Lots:
    """The lots in use: one per model and pair of years, whatever the number of procedures."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._in_use: dict[tuple[int, int], _Delivery] = {}

    def take(self, model: Model, day: date) -> Lot:
        """The lot of the next unit of the model, used or received that day."""
        years = (day.year - FIRST_DAY.year) // 2
        delivery = self._in_use.get((model.number, years))
        if delivery is None or not delivery.left:
            delivery = self._deliver(model, years, delivery.rank + 1 if delivery else 1)
            self._in_use[model.number, years] = delivery
        delivery.left -= 1
        return delivery.lot

    def _deliver(self, model: Model, years: int, rank: int) -> _Delivery:
        rng = chance(self._seed, "lot", model.number, years, rank)
        first = date(FIRST_DAY.year + 2 * years, 1, 1)
        manufactured = first - timedelta(days=rng.randrange(20, 300))
        letters = "".join(rng.choices(_LETTERS, k=3))
        years_kept = 2 if rng.random() < _SHORT_DATED else model.kind.years
        expires = manufactured + timedelta(days=365 * years_kept)
        lot = Lot(f"{letters}{manufactured:%y}{model.number:03d}{rank:03d}", manufactured, expires)
        return _Delivery(lot, rank, rng.randint(*LOT_SIZE))
