"""Finding the intervals that meet a range, through one index; pure.

An index on `lo` finds the intervals that begin inside a range, but not those that begin before it and reach into it:
any of the earlier ones might. So each interval also tells how many leading characters its two bounds share. If lo and
hi begin with the same c characters, then so does every text between them: an interval that holds the text A and shares
c begins at A's first c characters or later. "2024-05-06T…" to "2024-05-07T…" share nine and can only hold texts of
that decade of days. `span` names the few lengths that occur, and the index is asked once for each.

This is the trie of a radix tree laid out in an index. https://en.wikipedia.org/wiki/Radix_tree
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.search.algebra import Range
from app.store.sqlite.sql import Sql, every

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from app.search.algebra import Filter

LONGEST: Final = 32
"""Shared lengths are counted up to here: a number has 34 characters, a moment 27."""

_KEYS: Final = (
    "SELECT v.key FROM span AS class CROSS JOIN interval AS v INDEXED BY interval_shared"
    " ON v.parameter = class.parameter AND v.shared = class.shared WHERE class.parameter = {number} AND {condition}"
)


def shared(lo: str, hi: str) -> int:
    """How many leading characters two bounds have in common, as the tables keep it."""
    pairs = enumerate(zip(lo[:LONGEST], hi[:LONGEST], strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(lo), len(hi), LONGEST))


def bounds(range: Range) -> Sql:  # noqa: A002 - the algebra's word
    """The condition that the interval `v` meets the range."""
    stated = (
        ("v.lo >= ?", range.lo_from),
        ("v.lo < ?", range.lo_before),
        ("v.hi > ?", range.hi_after),
        ("v.hi <= ?", range.hi_upto),
    )
    return every(*(Sql(text, (bound,)) for text, bound in stated if bound is not None))


def keys(number: int, range: Range) -> Sql:  # noqa: A002 - the algebra's word
    """The query for the keys of resources with an interval that meets the range, under the parameter of that number."""
    meets = bounds(range)
    # lo < hi, so an upper bound of hi is one of lo as well, and the index can use it.
    within = every(meets, *([] if range.hi_upto is None else [Sql("v.lo < ?", (range.hi_upto,))]))
    reached = range.hi_after
    if reached is None or (range.lo_from is not None and range.lo_from >= reached):
        return _select(number, within)
    begins_later = every(Sql("v.lo >= ?", (reached,)), within)
    holds = every(Sql("v.lo < ? AND v.lo >= substr(?, 1, class.shared)", (reached, reached)), within)
    later, earlier = _select(number, begins_later), _select(number, holds)
    return Sql(f"{later.text} UNION ALL {earlier.text}", later.values + earlier.values)


def merged(conditions: Iterable[Filter], several: Container[str]) -> Iterator[Filter]:
    """The same conditions, with all ranges of a parameter as one where no resource has several intervals there.

    "On or after A" and "before B" may be met by two different intervals of a resource; if it has one, by that one."""
    ranges: dict[str, Range] = {}
    for condition in conditions:
        if isinstance(condition, Range) and condition.parameter not in several:
            known = ranges.get(condition.parameter)
            ranges[condition.parameter] = _both(known, condition) if known else condition
        else:
            yield condition
    yield from ranges.values()


def _both(one: Range, other: Range) -> Range:
    return Range(
        one.parameter,
        lo_from=max(_given(one.lo_from, other.lo_from), default=None),
        lo_before=min(_given(one.lo_before, other.lo_before), default=None),
        hi_after=max(_given(one.hi_after, other.hi_after), default=None),
        hi_upto=min(_given(one.hi_upto, other.hi_upto), default=None),
    )


def _given(*bounds: str | None) -> list[str]:
    return [bound for bound in bounds if bound is not None]


def _select(number: int, condition: Sql) -> Sql:
    return Sql(_KEYS.format(number=number, condition=condition.text), condition.values)
