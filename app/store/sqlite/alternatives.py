"""An Or with as few alternatives as possible; pure.

What asks the same place becomes one: "lot is A" or "lot is B" is "lot is one of A, B"; a link to x or one to y is a
link to what is x or y. A list of a thousand lots is one statement then, and one seek in an index for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.search.algebra import Eq, In, Linked, Or, Referenced

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from app.search.algebra import Filter


def alternatives(filter: Or) -> tuple[Filter, ...]:  # noqa: A002 - the algebra's word
    """The filters of which some must match, without the Ors among them."""
    groups: dict[Hashable, list[Filter]] = {}
    for part in _flat(filter):
        groups.setdefault(_place(part), []).append(part)
    return tuple(parts[0] if len(parts) == 1 else _together(parts) for parts in groups.values())


def _flat(filter: Or) -> Iterator[Filter]:  # noqa: A002 - as above
    for part in filter.filters:
        if isinstance(part, Or):
            yield from _flat(part)
        else:
            yield part


def _place(part: Filter) -> Hashable:
    """What is equal for parts that can be one; any other part is by itself."""
    match part:
        case Eq(parameter) | In(parameter):
            return parameter
        case Linked(parameter, type_name, _, prefixes):
            return parameter, type_name, prefixes
        case Referenced(type_name, parameter, _, prefixes):
            return type_name, parameter, prefixes, "referenced"
    return part


def _together(parts: list[Filter]) -> Filter:
    first = parts[0]
    if isinstance(first, Linked | Referenced):
        return replace(first, filter=Or(tuple(part.filter for part in parts if isinstance(part, Linked | Referenced))))
    if isinstance(first, Eq | In):
        return In(first.parameter, tuple(dict.fromkeys(value for part in parts for value in _values(part))))
    return first


def _values(part: Filter) -> tuple[str, ...]:
    match part:
        case Eq(_, value):
            return (value,)
        case In(_, values):
            return values
    return ()
