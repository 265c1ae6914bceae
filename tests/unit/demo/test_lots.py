from __future__ import annotations

from collections import Counter
from datetime import date

from app.demo.catalogue import MODELS
from app.demo.lots import LOT_SIZE, Lots

LENS = MODELS["lentille"][0]
STENT = MODELS["stent-actif"][0]


def taken(lots: Lots, units: int, day: date) -> Counter[str]:
    return Counter(lots.take(LENS, day).number for _ in range(units))


def test_a_lot_is_used_up_before_the_next_one_is_opened_and_never_has_more_than_200_units() -> None:
    sizes = list(taken(Lots(1), 2000, date(2020, 6, 1)).values())
    assert len(sizes) > 10
    assert all(LOT_SIZE[0] <= size <= LOT_SIZE[1] for size in sizes[:-1])
    assert LOT_SIZE[1] == 200


def test_two_models_never_share_a_lot() -> None:
    lots = Lots(1)
    assert lots.take(LENS, date(2020, 6, 1)).number != lots.take(STENT, date(2020, 6, 1)).number


def test_units_of_the_same_two_years_come_from_one_lot_whatever_the_order_of_the_days() -> None:
    lots = Lots(1)
    days = [date(2021, 12, 31), date(2016, 1, 1), date(2020, 1, 1)]
    first, other, third = (lots.take(LENS, day) for day in days)
    assert first == third
    assert first != other


def test_a_lot_was_made_before_it_is_used() -> None:
    lots = Lots(1)
    assert all(lots.take(LENS, date(year, 1, 1)).manufactured < date(year, 1, 1) for year in range(2016, 2027))


def test_another_seed_has_other_lots() -> None:
    day = date(2020, 6, 1)
    assert Lots(1).take(LENS, day) != Lots(2).take(LENS, day)
