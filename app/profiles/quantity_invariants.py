"""The invariants of Quantity, of its specialisations, and of the elements that are a SimpleQuantity.

Source: https://hl7.org/fhir/R4/datatypes.html#quantity
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.profiles.invariant import Invariant, Value, has, needs, objects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.fhir.resource import Json


def number(value: Json) -> Decimal | int | None:
    """A JSON number, or None for anything else."""
    return value if isinstance(value, Decimal | int) and not isinstance(value, bool) else None


_UCUM: Final = "http://unitsofmeasure.org"


def _measured(value: Value) -> bool:
    """A value needs a code, and a system can only be UCUM."""
    return (has(value, "code") or not has(value, "value")) and value.get("system") in (None, _UCUM)


def _age(value: Value) -> bool:
    years = number(value.get("value"))
    return _measured(value) and (years is None or years > 0)


def _count(value: Value) -> bool:
    return _measured(value) and value.get("code") in (None, "1") and not _fraction(value.get("value"))


def _fraction(value: Json) -> bool:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return isinstance(exponent, int) and exponent < 0


def _duration(value: Value) -> bool:
    return not has(value, "code") or (value.get("system") == _UCUM and has(value, "value"))


def _exact(name: str) -> Callable[[Value], bool]:
    return lambda value: not any(has(quantity, "comparator") for quantity in objects(value, name))


_QTY_3: Final = Invariant(
    "qty-3",
    needs("code", "system"),
    "a unit code needs its system. Add it.",
    "un code d’unité exige son system. Ajoutez-le.",
)

_SIMPLE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "CarePlanActivityDetail": ("dailyAmount", "quantity"),
        "Dosage": ("maxDosePerAdministration", "maxDosePerLifetime"),
        "DosageDoseAndRate": ("doseQuantity", "rateQuantity"),
        "MedicationAdministrationDosage": ("dose", "rateQuantity"),
        "ObservationReferenceRange": ("low", "high"),
        "Range": ("low", "high"),
        "SampledData": ("origin",),
        "SupplyDeliverySuppliedItem": ("quantity",),
    }
)
"""The SimpleQuantity elements of the served types and of the data types, which the models call Quantity."""

SIMPLE_QUANTITY_INVARIANTS: Final[Mapping[str, tuple[Invariant, ...]]] = MappingProxyType(
    {
        type_name: tuple(
            Invariant(
                "sqty-1",
                _exact(name),
                "this quantity is exact, so it has no comparator. Remove it.",
                "cette quantité est exacte : elle n’a pas de comparator. Retirez-le.",
                below=f".{name}",
            )
            for name in names
        )
        for type_name, names in _SIMPLE.items()
    }
)
"""By the type in which such an element stands."""

QUANTITY_INVARIANTS: Final[Mapping[str, tuple[Invariant, ...]]] = MappingProxyType(
    {
        "Age": (
            _QTY_3,
            Invariant(
                "age-1",
                _age,
                "an age needs a positive value, a unit code for it and no system other than http://unitsofmeasure.org.",
                "un âge doit avoir une valeur positive, un code d’unité et pour seul système http://unitsofmeasure.org.",
            ),
        ),
        "Count": (
            _QTY_3,
            Invariant(
                "cnt-3",
                _count,
                "a count is a whole number with code 1 and no system other than http://unitsofmeasure.org.",
                "un décompte est un nombre entier avec le code 1 et pour seul système http://unitsofmeasure.org.",
            ),
        ),
        "Distance": (
            _QTY_3,
            Invariant(
                "dis-1",
                _measured,
                "a distance needs a unit code for its value and no system other than http://unitsofmeasure.org.",
                "une distance exige un code d’unité pour sa valeur et pour seul système http://unitsofmeasure.org.",
            ),
        ),
        "Duration": (
            _QTY_3,
            Invariant(
                "drt-1",
                _duration,
                "a unit code needs a value and the system http://unitsofmeasure.org.",
                "un code d’unité exige une valeur et le système http://unitsofmeasure.org.",
            ),
        ),
        "Quantity": (_QTY_3,),
    }
)
"""By type; a specialisation keeps the invariant of Quantity too."""
