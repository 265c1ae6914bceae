"""Keyset paging: the rows beyond a position, as stretches of the sorted list that an index can be read along.

A row that follows (v1, v2, id) has the same v1, v2 and a later id; or the same v1 and a later second key; or a later
first key; rows without a value under a key come last in both directions. Each of these is one `Segment`: read one
after the other, until the page is full, they give the list in its order, and none needs an OR.
https://use-the-index-luke.com/no-offset
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from app.search.algebra import ID, LAST_UPDATED, Position, SortKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.search.algebra import Indexed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Equal:
    """The key has this value; None: it has none."""

    parameter: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Present:
    """The key has a value."""

    parameter: str


@dataclass(frozen=True, slots=True)
class Beyond:
    """The key has a value that is greater (`descending`: less) than this one."""

    parameter: str
    value: str
    descending: bool


Condition: TypeAlias = Equal | Present | Beyond


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a sorted list: what its rows meet, and the keys by which they still differ, as they are walked.

    Every row has a value under the first key of `order`."""

    conditions: tuple[Condition, ...]
    order: tuple[SortKey, ...]


def check(sort: Sequence[SortKey], indexed: Mapping[str, Indexed]) -> None:
    """Raise KeyError where a key is no sortable parameter of the type."""
    for key in sort:
        if may_lack(key) and not indexed[key.parameter].sortable:
            raise KeyError(key.parameter)


def complete(sort: Sequence[SortKey]) -> tuple[SortKey, ...]:
    """The sort with the id as its last key, and without keys that cannot matter: repeated ones, ones after the id."""
    keys: dict[str, SortKey] = {}
    for key in (*sort, SortKey(ID)):
        keys.setdefault(key.parameter, key)
        if key.parameter == ID:
            break
    return tuple(keys.values())


def may_lack(key: SortKey) -> bool:
    """Whether there may be rows without a value under the key."""
    return key.parameter not in (ID, LAST_UPDATED)


def position(sort: Sequence[SortKey], id: str, values: Mapping[str, str | None]) -> Position:  # noqa: A002 - FHIR's word
    """Where the row with that id and these sort values stands; it has no value at keys that are None or not there."""
    known = {**values, ID: id}
    return Position(tuple(known.get(key.parameter) for key in sort), id)


def segments(
    sort: Sequence[SortKey],
    start: Position | None = None,
    *,
    backwards: bool = False,
) -> Iterator[Segment]:
    """The list beyond a position (without one: the whole list), walked in sort order or backwards."""
    keys = tuple(SortKey(key.parameter, key.descending is not backwards) for key in complete(sort))
    if start is None:
        yield from whole((), keys, backwards=backwards)
        return
    stands = {**{key.parameter: value for key, value in zip(sort, start.keys, strict=True)}, ID: start.id}
    for depth in reversed(range(len(keys))):
        ahead = tuple(Equal(key.parameter, stands[key.parameter]) for key in keys[:depth])
        key, value = keys[depth], stands[keys[depth].parameter]
        if value is not None:
            yield Segment((*ahead, Beyond(key.parameter, value, key.descending)), keys[depth:])
            if not backwards and may_lack(key):
                yield from whole((*ahead, Equal(key.parameter, None)), keys[depth + 1 :], backwards=backwards)
        elif backwards:
            yield Segment((*ahead, Present(key.parameter)), keys[depth:])


def whole(conditions: tuple[Condition, ...], order: tuple[SortKey, ...], *, backwards: bool) -> Iterator[Segment]:
    """All rows that meet the conditions, walked in this order."""
    first = order[0]
    if not may_lack(first):
        yield Segment(conditions, order)
        return
    present = Segment((*conditions, Present(first.parameter)), order)
    absent = whole((*conditions, Equal(first.parameter, None)), order[1:], backwards=backwards)
    if backwards:
        yield from absent
        yield present
    else:
        yield present
        yield from absent


def paged(found: Sequence[T], count: int, *, other: bool, backwards: bool) -> tuple[list[T], bool, bool]:
    """The rows of a page in sort order, and whether there are rows before and after it.

    `found` are up to one row more than the page takes, as they were walked; `other` tells if there are rows on the
    side where the walk began."""
    more, rows = len(found) > count, list(found[:count])
    return (rows[::-1], more, other) if backwards else (rows, other, more)
