"""Whether a document is what a search looks for, told without a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from app.search.algebra import ID, And, Contains, Eq, Filter, In, Linked, Missing, Not, Or, Prefix, Range, Referenced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.search.algebra import SearchValues

Linking: TypeAlias = "Callable[[str, str], SearchValues | None]"
"""(type, id) → the search values of a current resource that a document refers to; None where it is not there."""

_Value: TypeAlias = Eq | In | Prefix | Contains | Range | Missing


def matches(filter: Filter, values: SearchValues, id: str) -> bool:  # noqa: A002 - the algebra's word, and FHIR's
    """Whether a filter matches a resource with these search values and that id; a chain never does."""
    return verdict(filter, values, id) is True


def verdict(
    filter: Filter,  # noqa: A002 - the algebra's word
    values: SearchValues,
    id: str,  # noqa: A002 - FHIR's word
    linking: Linking | None = None,
) -> bool | None:
    """Whether a filter matches a resource with these search values and that id; None where only a store knows.

    That is so of what refers to the resource, and of what it refers to, unless `linking` tells that."""
    match filter:
        case And(filters):
            return _all(verdict(each, values, id, linking) for each in filters)
        case Or(filters):
            return _not(_all(_not(verdict(each, values, id, linking)) for each in filters))
        case Not(inner):
            return _not(verdict(inner, values, id, linking))
        case Linked(parameter):
            return _linked(filter, values.values.get(parameter, ()), linking) if linking else None
        case Referenced():
            return None
        case _:
            return _has(filter, values, id)


def links_of(filter: Filter) -> Iterator[Linked]:  # noqa: A002 - the algebra's word
    """The first steps of a filter's chains."""
    match filter:
        case And(filters) | Or(filters):
            for each in filters:
                yield from links_of(each)
        case Not(inner):
            yield from links_of(inner)
        case Linked():
            yield filter


def linked_ids(link: Linked, texts: Iterable[str]) -> Iterator[str]:
    """The ids in those references that lead to a resource of the link's type."""
    for text in texts:
        for prefix in link.prefixes:
            if text.startswith(prefix):
                yield text.removeprefix(prefix)


def _linked(link: Linked, texts: Iterable[str], linking: Linking) -> bool | None:
    """Whether one of the resources that are referred to matches; what they refer to in turn only a store knows."""
    found = ((id_, linking(link.type, id_)) for id_ in linked_ids(link, texts))
    return _not(_all(_not(verdict(link.filter, values, id_)) for id_, values in found if values is not None))


def _has(filter: _Value, values: SearchValues, id: str) -> bool:  # noqa: A002 - as above
    match filter:
        case Range(parameter):
            return any(_within(filter, *pair) for pair in values.intervals.get(parameter, ()))
        case Missing(parameter, missing):
            return missing != (parameter in values.values or parameter in values.intervals)
        case _:
            texts = (id,) if filter.parameter == ID else values.values.get(filter.parameter, ())
            return any(_fits(filter, text) for text in texts)


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    unknown = False
    for each in verdicts:
        if each is False:
            return False
        unknown = unknown or each is None
    return None if unknown else True


def _not(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict


def _fits(filter: Eq | In | Prefix | Contains, text: str) -> bool:  # noqa: A002 - the algebra's word
    match filter:
        case Eq(_, value):
            return text == value
        case In(_, values):
            return text in values
        case Prefix(_, start):
            return text.startswith(start)
        case Contains(_, part, at_end):
            return text.endswith(part) if at_end else part in text


def _within(bounds: Range, lo: str, hi: str) -> bool:
    return (
        (bounds.lo_from is None or lo >= bounds.lo_from)
        and (bounds.lo_before is None or lo < bounds.lo_before)
        and (bounds.hi_after is None or hi > bounds.hi_after)
        and (bounds.hi_upto is None or hi <= bounds.hi_upto)
    )
