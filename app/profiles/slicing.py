"""Which occurrence of an element belongs to which slice, and what slicing itself forbids.

Source: https://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from app.profiles.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.profiles.constraint import Conforms, Item, Slicing

Places: TypeAlias = "list[tuple[int, ...]]"
"""For each occurrence the numbers of the slices it belongs to: none, one, or wrongly several."""

AMBIGUOUS = Kind(
    "slicing",
    "structure",
    "{path} matches several slices at once ({slices}), which must exclude each other. Split it.",
    "{path} correspond à plusieurs tranches à la fois ({slices}), qui doivent s’exclure. Scindez-le.",
)
CLOSED = Kind(
    "closed",
    "structure",
    "{path} matches none of the slices the profile allows ({slices}). Remove it or make it match one.",
    "{path} ne correspond à aucune des tranches permises par le profil ({slices}). Retirez-le ou conformez-le à l’une.",
)
NOT_LAST = Kind(
    "order",
    "structure",
    "{path} stands after something that matches no slice; such items come last. Move it forward.",
    "{path} suit un élément qui ne correspond à aucune tranche ; ceux-là viennent en dernier. Avancez-le.",
)
OUT_OF_ORDER = Kind(
    "order",
    "structure",
    "{path} stands after an item of a later slice. Put the items in the order of the slices ({slices}).",
    "{path} suit un élément d’une tranche ultérieure. Suivez l’ordre des tranches ({slices}).",
)


def assigned(slicing: Slicing, items: Sequence[Item], conforms: Conforms) -> Places:
    """The slices each occurrence belongs to."""
    return [
        tuple([number for number, part in enumerate(slicing.slices) if part.matches(item, conforms)]) for item in items
    ]


def slicing_findings(slicing: Slicing, items: Sequence[Item], places: Places) -> Iterator[tuple[Item, Finding]]:
    """Occurrences in several slices, in none where that is forbidden, or out of order."""
    names = ", ".join(part.name for part in slicing.slices)
    highest, past_the_slices = 0, False
    for item, numbers in zip(items, places, strict=True):
        if not numbers:
            past_the_slices = True
            if slicing.rules == "closed":
                yield item, Finding(CLOSED, facts={"slices": names})
            continue
        if len(numbers) > 1 and slicing.exclusive:
            several = ", ".join(slicing.slices[number].name for number in numbers)
            yield item, Finding(AMBIGUOUS, facts={"slices": several})
        if slicing.rules == "openAtEnd" and past_the_slices:
            yield item, Finding(NOT_LAST)
        if slicing.ordered and numbers[0] < highest:
            yield item, Finding(OUT_OF_ORDER, facts={"slices": names})
        highest = max(highest, numbers[-1])
