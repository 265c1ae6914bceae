"""The search values of a resource: what it is found by. Broken data is passed over, never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir.served import SERVED
from app.search.algebra import ID, LAST_UPDATED, SearchValues
from app.search.intervals import Interval, intervals_of
from app.search.parameters import Parameter, parameters
from app.search.paths import values_at
from app.search.texts import Texts, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.fhir.resource import Json, Resource


def search_values(resource: Resource) -> SearchValues:
    """What a resource is found by; nothing where its type is not served."""
    values = SearchValues({}, {}, {})
    type_name = resource.get("resourceType")
    if isinstance(type_name, str) and type_name in SERVED:
        for parameter in parameters(type_name).values():
            found = _found(parameter, resource)
            if not found or parameter.name in (ID, LAST_UPDATED):
                continue
            if parameter.ordered:
                _keep_intervals(values, parameter, [intervals_of(parameter.kind, *each) for each in found])
            else:
                _keep_texts(values, parameter, [texts_of(parameter, *each) for each in found])
    return values


def _found(parameter: Parameter, resource: Resource) -> list[tuple[str, Json]]:
    """The values of a parameter with their data types."""
    found = [
        (source.data_type, value)
        for source in parameter.sources
        if source.path[0].name in resource
        for value in values_at(resource, source.path)
    ]
    return [("boolean", any(value is not False for _, value in found))] if parameter.exists else found


def _keep_texts(values: SearchValues, parameter: Parameter, found: list[Iterable[Texts]]) -> None:
    kept: dict[str, dict[str, None]] = {}
    sort = []
    for texts in (texts for each in found for texts in each):
        kept.setdefault(texts.under, {}).update(dict.fromkeys(texts.texts))
        sort.append(texts.sort)
    for under, distinct in kept.items():
        values.values[parameter.name + under] = tuple(distinct)
    if parameter.sortable and (named := [text for text in sort if text]):
        values.sort[parameter.name] = min(named)


def _keep_intervals(values: SearchValues, parameter: Parameter, found: list[Iterable[Interval]]) -> None:
    kept: dict[str, dict[tuple[str, str], None]] = {}
    for interval in (interval for each in found for interval in each):
        kept.setdefault(interval.under, {})[interval.lo, interval.hi] = None
    for under, distinct in kept.items():
        values.intervals[parameter.name + under] = tuple(distinct)
    if "" in kept:
        values.sort[parameter.name] = min(kept[""])[0]
