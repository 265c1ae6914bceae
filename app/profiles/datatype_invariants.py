"""The invariants of the data types. https://hl7.org/fhir/R4/datatypes.html"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.fhir.dates import InvalidDate, date_bounds
from app.profiles.invariant import Invariant, Value, either, has, needs, not_both, some

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.fhir.resource import Json


def _number(value: Json) -> Decimal | int | None:
    return value if isinstance(value, Decimal | int) and not isinstance(value, bool) else None


def _not_negative(name: str) -> Callable[[Value], bool]:
    def check(value: Value) -> bool:
        number = _number(value.get(name))
        return number is None or not number < 0

    return check


def _start_before_end(value: Value) -> bool:
    start, end = value.get("start"), value.get("end")
    if not (isinstance(start, str) and isinstance(end, str)):
        return True
    try:
        earliest, latest = date_bounds(start)[0], date_bounds(end)[1]
    except InvalidDate:
        return True
    if "T" in start and "T" in end:
        return earliest < latest
    # A day has no zone: where one side is only a date, days are compared as they are written.
    shared = min(len(start.partition("T")[0]), len(end.partition("T")[0]))
    return start[:shared] <= end[:shared]


def _low_before_high(value: Value) -> bool:
    low, high = value.get("low"), value.get("high")
    if not (isinstance(low, dict) and isinstance(high, dict)):
        return True
    one, other = _number(low.get("value")), _number(high.get("value"))
    comparable = all(low.get(name) == high.get(name) for name in ("system", "code", "unit"))
    return one is None or other is None or not comparable or not one > other


_UCUM: Final = "http://unitsofmeasure.org"


def _measured(value: Value) -> bool:
    """A value needs a code, and a system can only be UCUM."""
    return (has(value, "code") or not has(value, "value")) and value.get("system") in (None, _UCUM)


def _age(value: Value) -> bool:
    number = _number(value.get("value"))
    return _measured(value) and (number is None or number > 0)


def _count(value: Value) -> bool:
    return _measured(value) and value.get("code") in (None, "1") and not _fraction(value.get("value"))


def _fraction(number: Json) -> bool:
    exponent = number.as_tuple().exponent if isinstance(number, Decimal) else 0
    return isinstance(exponent, int) and exponent < 0


def _duration(value: Value) -> bool:
    return not has(value, "code") or (value.get("system") == _UCUM and has(value, "value"))


def _ratio(value: Value) -> bool:
    both = has(value, "numerator"), has(value, "denominator")
    return all(both) or (not any(both) and has(value, "extension"))


def _offset(value: Value) -> bool:
    when = value.get("when")
    meals = {"C", "CM", "CD", "CV"}
    return not has(value, "offset") or (isinstance(when, list) and not any(code in meals for code in when))


def _trigger(value: Value) -> bool:
    kind = value.get("type")
    if kind == "named-event":
        return has(value, "name")
    if kind == "periodic":
        return has(value, "timing[x]")
    return has(value, "data") or not (isinstance(kind, str) and kind.startswith("data-"))


DATATYPE_INVARIANTS: Final[Mapping[str, tuple[Invariant, ...]]] = MappingProxyType(
    {
        "Age": (
            Invariant(
                "age-1",
                _age,
                "an age needs a positive value, a unit code for it and no system other than http://unitsofmeasure.org.",
                "un âge doit avoir une valeur positive, un code d’unité et pour seul système http://unitsofmeasure.org.",
            ),
        ),
        "Attachment": (
            Invariant(
                "att-1",
                needs("data", "contentType"),
                "data needs its contentType. Add it.",
                "data exige son contentType. Ajoutez-le.",
            ),
        ),
        "ContactPoint": (
            Invariant(
                "cpt-2",
                needs("value", "system"),
                "a value needs a system (phone, email …). Add it.",
                "une valeur exige un system (phone, email…). Ajoutez-le.",
            ),
        ),
        "Count": (
            Invariant(
                "cnt-3",
                _count,
                "a count is a whole number with code 1 and no system other than http://unitsofmeasure.org.",
                "un décompte est un nombre entier avec le code 1 et pour seul système http://unitsofmeasure.org.",
            ),
        ),
        "DataRequirementCodeFilter": (
            Invariant(
                "drq-1",
                either("path", "searchParam"),
                "give either path or searchParam.",
                "donnez soit path, soit searchParam.",
            ),
        ),
        "DataRequirementDateFilter": (
            Invariant(
                "drq-2",
                either("path", "searchParam"),
                "give either path or searchParam.",
                "donnez soit path, soit searchParam.",
            ),
        ),
        "Distance": (
            Invariant(
                "dis-1",
                _measured,
                "a distance needs a unit code for its value and no system other than http://unitsofmeasure.org.",
                "une distance exige un code d’unité pour sa valeur et pour seul système http://unitsofmeasure.org.",
            ),
        ),
        "Duration": (
            Invariant(
                "drt-1",
                _duration,
                "a unit code needs a value and the system http://unitsofmeasure.org.",
                "un code d’unité exige une valeur et le système http://unitsofmeasure.org.",
            ),
        ),
        "Expression": (
            Invariant(
                "exp-1",
                some("expression", "reference"),
                "give an expression or a reference.",
                "donnez une expression ou une référence.",
            ),
        ),
        "Extension": (
            Invariant(
                "ext-1",
                either("extension", "value[x]"),
                "an extension has either a value or extensions of its own, not both and not neither.",
                "une extension a soit une valeur, soit ses propres extensions : pas les deux, ni aucune.",
            ),
        ),
        "Period": (
            Invariant(
                "per-1",
                _start_before_end,
                "start is after end. Correct one of them.",
                "start est postérieur à end. Corrigez l’un des deux.",
            ),
        ),
        "Quantity": (
            Invariant(
                "qty-3",
                needs("code", "system"),
                "a unit code needs its system. Add it.",
                "un code d’unité exige son system. Ajoutez-le.",
            ),
        ),
        "Range": (
            Invariant(
                "rng-2",
                _low_before_high,
                "low is greater than high. Correct one of them.",
                "low est supérieur à high. Corrigez l’un des deux.",
            ),
        ),
        "Ratio": (
            Invariant(
                "rat-1",
                _ratio,
                "give numerator and denominator, or neither of them and an extension.",
                "donnez numerator et denominator, ou aucun des deux et une extension.",
            ),
        ),
        "TimingRepeat": (
            Invariant(
                "tim-1",
                needs("duration", "durationUnit"),
                "a duration needs its durationUnit.",
                "duration exige durationUnit.",
            ),
            Invariant(
                "tim-2", needs("period", "periodUnit"), "a period needs its periodUnit.", "period exige periodUnit."
            ),
            Invariant(
                "tim-4",
                _not_negative("duration"),
                "duration must not be negative.",
                "duration ne doit pas être négatif.",
            ),
            Invariant(
                "tim-5", _not_negative("period"), "period must not be negative.", "period ne doit pas être négatif."
            ),
            Invariant("tim-6", needs("periodMax", "period"), "periodMax needs a period.", "periodMax exige period."),
            Invariant(
                "tim-7",
                needs("durationMax", "duration"),
                "durationMax needs duration.",
                "durationMax exige duration.",
            ),
            Invariant("tim-8", needs("countMax", "count"), "countMax needs a count.", "countMax exige count."),
            Invariant(
                "tim-9",
                _offset,
                "an offset needs a when other than C, CM, CD or CV.",
                "offset exige un when autre que C, CM, CD ou CV.",
            ),
            Invariant(
                "tim-10",
                not_both("timeOfDay", "when"),
                "give timeOfDay or when, not both.",
                "donnez timeOfDay ou when, pas les deux.",
            ),
        ),
        "TriggerDefinition": (
            Invariant(
                "trd-1",
                not_both("data", "timing[x]"),
                "give timing or data, not both.",
                "donnez timing ou data, pas les deux.",
            ),
            Invariant("trd-2", needs("condition", "data"), "a condition needs data.", "condition exige data."),
            Invariant(
                "trd-3",
                _trigger,
                "a named event needs a name, a periodic one timing, a data event data.",
                "un événement nommé exige name, un périodique timing, un événement de données data.",
            ),
        ),
    }
)
"""By type, in the order of their keys."""
