"""The search values of a resource: what it is found by. Broken data is passed over, never an error.

Every resource that is written or loaded comes through here, so what the parameter table says of a type is compiled
once into functions that read and keep."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from app.fhir.served import SERVED
from app.search.algebra import ID, LAST_UPDATED, SearchValues
from app.search.intervals import interval_reader
from app.search.parameters import parameters
from app.search.paths import reader
from app.search.texts import text_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.fhir.resource import Resource
    from app.search.parameters import Parameter, Source
    from app.search.texts import Texts

Keeper: TypeAlias = "Callable[[Resource, SearchValues], None]"

_ALWAYS: Final = "resourceType"
"""Every resource has it: the first element of what is read from a resource as a whole."""


def search_values(resource: Resource) -> SearchValues:
    """What a resource is found by; nothing where its type is not served."""
    values = SearchValues({}, {}, {})
    type_name = resource.get("resourceType")
    if isinstance(type_name, str) and type_name in SERVED:
        for keep in _keepers(type_name, _elements(type_name).intersection(resource)):
            keep(resource, values)
    return values


@lru_cache(maxsize=len(SERVED))
def _elements(type_name: str) -> frozenset[str]:
    """The elements of a type that some parameter is read from."""
    return frozenset(_head(source) for parameter in parameters(type_name).values() for source in parameter.sources)


@lru_cache(maxsize=4_096)
def _keepers(type_name: str, present: frozenset[str]) -> tuple[Keeper, ...]:
    """What reads and keeps the parameters that a resource with these elements may have values of."""
    keepers = []
    for name, parameter in parameters(type_name).items():
        sources = [source for source in parameter.sources if _head(source) in present]
        if parameter.exists:
            keepers.append(_presence_keeper(parameter, sources))
        elif sources and name not in (ID, LAST_UPDATED):
            keepers.append((_interval_keeper if parameter.ordered else _text_keeper)(parameter, sources))
    return tuple(keepers)


def _head(source: Source) -> str:
    return source.path[0].name if source.path else _ALWAYS


def _text_keeper(parameter: Parameter, sources: Sequence[Source]) -> Keeper:
    readings = [(reader(source.path), text_reader(parameter, source.data_type)) for source in sources]
    name, sortable = parameter.name, parameter.sortable

    def keep(resource: Resource, values: SearchValues) -> None:
        found = [texts for values_of, read in readings for value in values_of(resource) for texts in read(value)]
        if found:
            _keep_texts(name, found, values, sortable=sortable)

    return keep


def _presence_keeper(parameter: Parameter, sources: Sequence[Source]) -> Keeper:
    """Keeps "true" where some source has a value other than false, "false" elsewhere."""
    read = text_reader(parameter, "boolean")
    present, absent = list(read(True)), list(read(False))
    readings = [reader(source.path) for source in sources]
    name, sortable = parameter.name, parameter.sortable

    def keep(resource: Resource, values: SearchValues) -> None:
        is_there = any(value is not False for values_of in readings for value in values_of(resource))
        _keep_texts(name, present if is_there else absent, values, sortable=sortable)

    return keep


def _keep_texts(name: str, found: list[Texts], values: SearchValues, *, sortable: bool) -> None:
    if len(found) == 1:  # as nearly always
        texts, first, under = found[0]
        values.values[name + under] = texts
    else:
        kept: dict[str, dict[str, None]] = {}
        for texts, _, under in found:
            kept.setdefault(under, {}).update(dict.fromkeys(texts))
        values.values.update((name + under, tuple(distinct)) for under, distinct in kept.items())
        first = min((sort for _, sort, _ in found if sort), default="")
    if first and sortable:
        values.sort[name] = first


def _interval_keeper(parameter: Parameter, sources: Sequence[Source]) -> Keeper:
    name = parameter.name
    readings = [(reader(source.path), interval_reader(parameter.kind, source.data_type)) for source in sources]

    def keep(resource: Resource, values: SearchValues) -> None:
        found = [interval for values_of, read in readings for value in values_of(resource) for interval in read(value)]
        kept: dict[str, dict[tuple[str, str], None]] = {}
        for lo, hi, under in found:
            kept.setdefault(under, {})[lo, hi] = None
        for under, distinct in kept.items():
            values.intervals[name + under] = tuple(distinct)
        if "" in kept:
            values.sort[name] = min(kept[""])[0]

    return keep
