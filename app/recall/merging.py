"""Patient records that were merged: `Patient.link` of type replaced-by or replaces. They are one person.

Source: https://hl7.org/fhir/R4/patient.html#links
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.recall.implants import items
from app.recall.reading import every_row, forms, local_id
from app.search.algebra import ID, And, In, Missing, Or, Search

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from app.fhir.resource import Resource
    from app.recall.reading import Reader
    from app.search.algebra import Filter

LINKS: Final = ("replaced_by", "replaces")
FEW: Final = 500
"""Up to so many patients are followed one by one; of more, every merged record of the store is read."""
_PAGE: Final = 1_000


class Persons:
    """Ids of patient records, and which of them are the same person (disjoint sets)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def join(self, one: str, other: str) -> None:
        """Both records are the same person."""
        first, second = self.of(one), self.of(other)
        if first != second:
            self._above[max(first, second)] = min(first, second)

    def of(self, id: str) -> str:  # noqa: A002 - FHIR's word
        """The record that stands for the person."""
        path = []
        while (above := self._above.get(id)) is not None:
            path.append(id)
            id = above  # noqa: A001 - FHIR's word
        self._above.update(dict.fromkeys(path, id))
        return id

    def records(self, ids: Iterable[str]) -> dict[str, set[str]]:
        """For each of the ids, all known records of the person, itself included."""
        groups: dict[str, set[str]] = {}
        for id_ in {*self._above, *self._above.values(), *ids}:
            groups.setdefault(self.of(id_), set()).add(id_)
        return {id_: groups[self.of(id_)] for id_ in ids}


async def persons_of(reader: Reader, ids: Collection[str], base: str) -> Persons:
    """Which records belong together with those of the ids, over any number of merges."""
    persons = Persons()
    merged = Or(tuple(Missing(parameter, missing=False) for parameter in LINKS))
    if len(ids) > FEW:
        async for row in every_row(reader, "Patient", Search(merged, count=_PAGE)):
            _join(persons, row.resource, base)
        return persons
    seen: set[str] = set()
    waiting = set(ids)
    while waiting:
        seen |= waiting
        near = set()
        for filter_ in (_linked_to(waiting, base), And((In(ID, tuple(sorted(waiting))), merged))):
            async for row in every_row(reader, "Patient", Search(filter_, count=_PAGE)):
                near |= {row.position.id, *_join(persons, row.resource, base)}
        waiting = near - seen
    return persons


def links(patient: Resource, base: str, kinds: Collection[str] = ("replaced-by", "replaces")) -> Iterator[str]:
    """The ids of the records that a record was merged with."""
    for link in items(patient, "link"):
        other = local_id("Patient", link.get("other"), base) if link.get("type") in kinds else None
        if other:
            yield other


def is_deceased(patient: Resource) -> bool:
    """Whether the record says so, by deceasedBoolean or deceasedDateTime."""
    return patient.get("deceasedBoolean") is True or bool(patient.get("deceasedDateTime"))


def _join(persons: Persons, patient: Resource, base: str) -> set[str]:
    others = set(links(patient, base))
    for other in others:
        persons.join(patient["id"], other)
    return others


def _linked_to(ids: Iterable[str], base: str) -> Filter:
    texts = tuple(form for id_ in sorted(ids) for form in forms("Patient", id_, base))
    return Or(tuple(In(parameter, texts) for parameter in LINKS))


async def survivors(reader: Reader, ids: Collection[str], base: str) -> dict[str, str]:
    """For each of the records that was replaced, the record that is good today; a circle of records has none."""
    replaced_by: dict[str, str] = {}
    seen: set[str] = set()
    waiting = set(ids)
    while waiting:
        seen |= waiting
        for patient in (await reader.read("Patient", sorted(waiting))).values():
            for other in links(patient, base, ("replaced-by",)):
                replaced_by.setdefault(patient["id"], other)
        texts = tuple(form for id_ in sorted(waiting) for form in forms("Patient", id_, base))
        async for row in every_row(reader, "Patient", Search(In("replaces", texts), count=_PAGE)):
            for other in links(row.resource, base, ("replaces",)):
                replaced_by.setdefault(other, row.position.id)
        waiting = {replaced_by[id_] for id_ in waiting if id_ in replaced_by} - seen
    ends = {id_: _end(id_, replaced_by) for id_ in ids}
    return {id_: end for id_, end in ends.items() if end is not None and end != id_}


def _end(id: str, replaced_by: Mapping[str, str]) -> str | None:  # noqa: A002 - FHIR's word
    passed: set[str] = set()
    while id in replaced_by:
        passed.add(id)
        id = replaced_by[id]  # noqa: A001 - FHIR's word
        if id in passed:
            return None
    return id
