"""One value of a search parameter as a filter, by the parameter's kind. https://hl7.org/fhir/R4/search.html#ptypes

Values arrive as FHIR writes them, still escaped (`app.search.escapes`). Every function raises InvalidSearch."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.fhir.dates import EARLIEST, LATEST, InvalidDate, date_bounds
from app.fhir.reference import ID as RESOURCE_ID
from app.fhir.reference import Target, Uri, parse
from app.fhir.served import SERVED
from app.fhir.udi import gtin
from app.search import numbers
from app.search.algebra import ID, LAST_UPDATED, Eq, Filter, In, Prefix
from app.search.chains import forms
from app.search.comparisons import compared, updated, within
from app.search.escapes import split, unescaped
from app.search.intervals import UNIT, in_unit
from app.search.normal import PREFIX_LIMIT, folded, instant_text, limited, millisecond_text, token
from app.search.numbers import HIGHEST, LOWEST, InvalidNumber
from app.search.problems import malformed, not_allowed
from app.search.texts import reference_text
from app.search.tracing import DI

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from app.search.parameters import Kind, Parameter


def matching(parameter: Parameter, value: str, base: str = "") -> Filter:
    """Resources that have a value (token, reference, string, uri); `base` is this server's FHIR address."""
    if parameter.name == ID:
        return _id(parameter, value)
    return _MATCHING[parameter.kind](parameter, value, base)


def comparing(parameter: Parameter, prefix: str, value: str) -> Filter:
    """Resources whose date, number or quantity the prefix ("eq", "ge" …) accepts for the value."""
    return _COMPARING[parameter.kind](parameter, prefix, value)


def _id(parameter: Parameter, value: str) -> Filter:
    if not RESOURCE_ID.fullmatch(value):
        raise malformed(parameter.name, "id")
    return Eq(ID, value)


def _token(parameter: Parameter, value: str, _: str) -> Filter:
    parts = [unescaped(part) for part in split(value, "|")]
    if len(parts) > 2 or not any(parts):
        raise malformed(parameter.name, "token")
    system, code = (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])
    if not parameter.has_systems:
        if system:
            raise malformed(parameter.name, "code")
        system = None
    if DI in parameter.data_types:
        code = gtin(code)
    if parameter.codes and code not in parameter.codes:
        raise not_allowed(parameter.name, parameter.codes)
    return Eq(parameter.name, token(system, code))


def _string(parameter: Parameter, value: str, _: str) -> Filter:
    text = folded(unescaped(value))
    if not text:
        raise malformed(parameter.name, "string")
    return Prefix(parameter.name, text[:PREFIX_LIMIT])


def _uri(parameter: Parameter, value: str, _: str) -> Filter:
    return Eq(parameter.name, limited(unescaped(value)))


def _reference(parameter: Parameter, value: str, base: str) -> Filter:
    text = unescaped(value)
    if "canonical" in parameter.data_types:
        return Eq(parameter.name, limited(text))
    if RESOURCE_ID.fullmatch(text):
        relative = [f"{target}/{text}" for target in parameter.targets or SERVED]
        return In(parameter.name, tuple(form for each in relative for form in forms(each, base)))
    target = parse(text)
    if isinstance(target, Uri) and target.text.partition(":")[2].strip("/"):
        return Eq(parameter.name, limited(target.text))
    if not isinstance(target, Target) or target.version:
        raise malformed(parameter.name, "reference")
    if not parameter.may_target(target.type):
        raise not_allowed(parameter.name, [f"{allowed}/…" for allowed in parameter.targets])
    if target.base not in ("", base):
        return Eq(parameter.name, reference_text(target))
    texts = forms(f"{target.type}/{target.id}", base)
    return In(parameter.name, texts) if len(texts) > 1 else Eq(parameter.name, texts[0])


def _date(parameter: Parameter, prefix: str, value: str) -> Filter:
    try:
        lo, hi = date_bounds(value)
    except InvalidDate:
        raise malformed(parameter.name, "date") from None
    if prefix == "ap":
        lo, hi = _widened(lo, hi)
    if parameter.name == LAST_UPDATED:
        return updated(prefix, millisecond_text(lo), millisecond_text(hi))
    return compared(parameter.name, prefix, instant_text(lo), instant_text(hi))


def _widened(lo: datetime, hi: datetime) -> tuple[datetime, datetime]:
    """An interval with its own length, at least a day, added on both sides.

    The specification proposes a tenth of the gap to the present, which would give another answer every day."""
    margin = max(hi - lo, timedelta(days=1))
    return (
        lo - margin if lo - EARLIEST > margin else EARLIEST,
        hi + margin if LATEST - hi > margin else LATEST,
    )


def _number(parameter: Parameter, prefix: str, value: str) -> Filter:
    return compared(parameter.name, prefix, *_bounds(parameter, prefix, value, "number"))


def _quantity(parameter: Parameter, prefix: str, value: str) -> Filter:
    """`5.4`, `5.4||mg` or `5.4|http://unitsofmeasure.org|mg`."""
    number, *unit = (unescaped(part) for part in split(value, "|"))
    lo, hi = _bounds(parameter, prefix, number, "quantity")
    if not unit:
        return compared(parameter.name, prefix, lo, hi)
    if len(unit) != 2 or not unit[1]:
        raise malformed(parameter.name, "quantity")
    system, code = unit
    filter = compared(  # noqa: A001 - the algebra's word
        parameter.name + UNIT, prefix, in_unit(system, code, lo), in_unit(system, code, hi)
    )
    return within(filter, in_unit(system, code, LOWEST), in_unit(system, code, HIGHEST))


def _bounds(parameter: Parameter, prefix: str, value: str, expected: str) -> tuple[str, str]:
    """The numbers rounded to the value for eq and ne, those near it for ap, exactly it for every other prefix."""
    try:
        if prefix in ("eq", "ne"):
            return numbers.implied(value)
        number = numbers.parse_number(value)
    except InvalidNumber:
        raise malformed(parameter.name, expected) from None
    return numbers.approximate(number) if prefix == "ap" else numbers.exact(number)


_MATCHING: Mapping[Kind, Callable[[Parameter, str, str], Filter]] = {
    "token": _token,
    "string": _string,
    "uri": _uri,
    "reference": _reference,
}
_COMPARING: Mapping[Kind, Callable[[Parameter, str, str], Filter]] = {
    "date": _date,
    "number": _number,
    "quantity": _quantity,
}
