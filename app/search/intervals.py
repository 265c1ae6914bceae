"""The intervals that dates, numbers and quantities in a FHIR value cover. Broken data yields nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from app.fhir.dates import InvalidDate
from app.fhir.remembering import remembered
from app.search.normal import OPEN_END, OPEN_START, date_interval, limited
from app.search.numbers import HIGHEST, LOWEST, exact
from app.search.tracing import expiry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from app.fhir.resource import Json
    from app.search.parameters import Kind

UNIT = ":unit"
"""`value_quantity:unit` holds the intervals of `value_quantity` once per unit (see `in_unit`)."""

Bounds: TypeAlias = tuple[str, str]


class Interval(NamedTuple):
    """[lo, hi) of one value, and what is added to the name it is kept under."""

    lo: str
    hi: str
    under: str = ""


def interval_reader(kind: Kind, data_type: str) -> Callable[[Json], Iterable[Interval]]:
    """Reads what one value of a FHIR data type adds to a parameter that is a date, number or quantity."""
    return _READERS[kind](data_type)


def in_unit(system: str, code: str, bound: str) -> str:
    """A bound that compares inside one unit only: "http://unitsofmeasure.org", "mg"; or "", "mg" in any system."""
    return f"{limited(f'{system}|{code}')}\x1f{bound}"


def _dates(data_type: str) -> Callable[[Json], Iterable[Interval]]:
    bounds_of = _TIMES.get(data_type, _moment)

    def read(value: Json) -> Iterable[Interval]:
        bounds = bounds_of(value)
        return (Interval(*bounds),) if bounds and bounds[0] < bounds[1] else ()

    return read


def _moment(value: Json) -> Bounds | None:
    return _bounds_of_text(value) if isinstance(value, str) else None


@remembered
def _bounds_of_text(text: str) -> Bounds | None:
    try:
        return date_interval(text)
    except InvalidDate:
        return None


def _period(value: Json) -> Bounds | None:
    """From the start of `start` to the end of `end`; nothing where one of them is broken or both are missing."""
    start, end = _member(value, "start"), _member(value, "end")
    if start is None and end is None:
        return None
    first = _moment(start) if start is not None else (OPEN_START, OPEN_START)
    last = _moment(end) if end is not None else (OPEN_END, OPEN_END)
    return (first[0], last[1]) if first and last else None


def _timing(value: Json) -> Bounds | None:
    """The outer limits of the events and of the bounds: https://hl7.org/fhir/R4/search.html#date"""
    events = _member(value, "event")
    found = [_moment(event) for event in events] if isinstance(events, list) else []
    limits = [*found, _period(_member(_member(value, "repeat"), "boundsPeriod"))]
    known = [bounds for bounds in limits if bounds]
    return (min(lo for lo, _ in known), max(hi for _, hi in known)) if known else None


def _expiry(carrier: Json) -> Bounds | None:
    return _moment(expiry(carrier))


_TIMES: Mapping[str, Callable[[Json], Bounds | None]] = {
    "Period": _period,
    "Timing": _timing,
    "Udi.expiry": _expiry,
}


def _numbers(_: str) -> Callable[[Json], Iterable[Interval]]:
    return lambda value: () if (number := _number(value)) is None else (Interval(*exact(number)),)


def _quantities(data_type: str) -> Callable[[Json], Iterable[Interval]]:
    if data_type == "Range":
        return lambda value: _between(_member(value, "low"), _member(value, "high"))
    return lambda value: _between(value, value)


def _between(first: Json, last: Json) -> Iterator[Interval]:
    lower, upper = _bounds(first), _bounds(last)
    bounds = (lower or (LOWEST, LOWEST))[0], (upper or (HIGHEST, HIGHEST))[1]
    if (lower or upper) and bounds[0] < bounds[1]:
        yield Interval(*bounds)
        for system, code in {**_units(first), **_units(last)}:
            yield Interval(in_unit(system, code, bounds[0]), in_unit(system, code, bounds[1]), UNIT)


def _bounds(quantity: Json) -> Bounds | None:
    """The numbers a Quantity or Money may stand for: its value, or all on one side of it by its comparator."""
    number = _number(_member(quantity, "value"))
    if number is None:
        return None
    lo, hi = exact(number)
    comparator = _member(quantity, "comparator")
    return {"<": (LOWEST, lo), "<=": (LOWEST, hi), ">": (hi, HIGHEST), ">=": (lo, HIGHEST)}.get(
        comparator if isinstance(comparator, str) else "", (lo, hi)
    )


def _units(quantity: Json) -> dict[tuple[str, str], None]:
    """The pairs a unit is asked for by: system and code, and code or unit alone; a currency likewise."""
    system, code, unit, currency = (_text(quantity, name) for name in ("system", "code", "unit", "currency"))
    pairs = ((system, code), ("", code), ("", unit), (_CURRENCIES, currency), ("", currency))
    return dict.fromkeys(pair for pair in pairs if pair[1])


_CURRENCIES = "urn:iso:std:iso:4217"


def _number(value: Json) -> Decimal | None:
    """The finite number in a JSON value; a boolean is none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None


def _text(value: Json, name: str) -> str:
    member = _member(value, name)
    return member if isinstance(member, str) else ""


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None


_READERS: Mapping[Kind, Callable[[str], Callable[[Json], Iterable[Interval]]]] = {
    "date": _dates,
    "number": _numbers,
    "quantity": _quantities,
}
