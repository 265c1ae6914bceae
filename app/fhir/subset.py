"""A resource with some of its elements. https://hl7.org/fhir/R4/search.html#elements"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.fhir.elements import type_definition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from app.fhir.resource import Resource

SUBSETTED: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
"""The tag of a resource that is not whole, so that nobody sends it back as an update."""

ALWAYS: Final = frozenset({"resourceType", "id", "meta", "contained"})


class UnknownElement(ValueError):
    """A name that is no element of the type; `known` are those that are."""

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__("no element of the type")
        self.known = known


def chosen(type_name: str, names: Iterable[str]) -> frozenset[str]:
    """The members that show the elements of these names, with those that FHIR demands; "performed" is every
    `performed[x]`. Raises UnknownElement."""
    definition = type_definition(type_name)
    named = {name.strip().removeprefix(f"{type_name}.") for name in names}
    known = {each.choice or each.name for each in definition.elements.values()} | definition.elements.keys() | ALWAYS
    if not named <= known:
        raise UnknownElement(sorted(known))
    members = {
        each.name
        for each in definition.elements.values()
        if each.required or each.name in named or each.choice in named | definition.required_choices - {""}
    }
    return frozenset({*members, *(f"_{name}" for name in members), *ALWAYS})


def subset(resource: Resource, members: Collection[str]) -> Resource:
    """A copy that has of the resource's members these alone, tagged as not whole."""
    shown = {name: value for name, value in resource.items() if name in members}
    meta = resource.get("meta", {})
    return {**shown, "meta": {**meta, "tag": [*meta.get("tag", ()), SUBSETTED]}}
