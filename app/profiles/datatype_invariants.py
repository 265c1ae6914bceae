"""The invariants of the data types, quantities apart. https://hl7.org/fhir/R4/datatypes.html"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.fhir.dates import InvalidDate, date_bounds
from app.profiles.invariant import Invariant, Value, either, has, needs, not_both, some
from app.profiles.quantity_invariants import number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _not_negative(name: str) -> Callable[[Value], bool]:
    def check(value: Value) -> bool:
        given = number(value.get(name))
        return given is None or not given < 0

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
    one, other = number(low.get("value")), number(high.get("value"))
    comparable = all(low.get(name) == high.get(name) for name in ("system", "code", "unit"))
    return one is None or other is None or not comparable or not one > other


def _ratio(value: Value) -> bool:
    both = has(value, "numerator"), has(value, "denominator")
    return all(both) or (not any(both) and has(value, "extension"))


# A tuple: what stands in a document may be an object, of which a set cannot be asked.
_MEALS: Final = ("C", "CM", "CD", "CV")


def _offset(value: Value) -> bool:
    when = value.get("when")
    return not has(value, "offset") or (isinstance(when, list) and not any(code in _MEALS for code in when))


def _trigger(value: Value) -> bool:
    kind = value.get("type")
    if kind == "named-event":
        return has(value, "name")
    if kind == "periodic":
        return has(value, "timing[x]")
    return has(value, "data") or not (isinstance(kind, str) and kind.startswith("data-"))


DATATYPE_INVARIANTS: Final[Mapping[str, tuple[Invariant, ...]]] = MappingProxyType(
    {
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
