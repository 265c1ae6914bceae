"""The prefixes eq ne gt lt ge le sa eb ap as ranges of intervals. https://hl7.org/fhir/R4/search.html#prefix

A question's interval [lo, hi) is compared with the stored ones:

| prefix | stored interval                       | of lastUpdated, a point in time |
|--------|---------------------------------------|---------------------------------|
| eq     | lies inside                           | lies inside                     |
| ne     | reaches outside                       | lies outside                    |
| gt     | ends after the question's end         | from its end                    |
| lt     | starts before the question's start    | before its start                |
| ge     | ends after the question's start       | from its start                  |
| le     | starts before the question's end      | before its end                  |
| sa     | starts at or after the question's end | from its end                    |
| eb     | ends by the question's start          | before its start                |
| ap     | overlaps the widened question         | lies inside the widened one     |
| po     | overlaps (in `_filter` only)          | lies inside                     |

A stored interval that reaches into the question from before its start is taken by `ge`, one that reaches out of its
end by `le`: it may well hold such a time, and one bound is what an index answers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.search.algebra import LAST_UPDATED, Filter, Or, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
OVERLAPS: Final = "po"


def compared(name: str, prefix: str, lo: str, hi: str) -> Filter:
    """Resources with an interval under the parameter that the prefix accepts for [lo, hi)."""
    return _INTERVALS[prefix](name, lo, hi)


def updated(prefix: str, lo: str, hi: str) -> Filter:
    """The same for the time of the last change, which is a point: only `lo_from` and `lo_before` are used."""
    return _POINTS[prefix](LAST_UPDATED, lo, hi)


def within(filter: Filter, lo: str, hi: str) -> Filter:  # noqa: A002 - the algebra's word
    """The filter's ranges, each narrowed to intervals inside [lo, hi)."""
    if isinstance(filter, Or):
        return Or(tuple(within(part, lo, hi) for part in filter.filters))
    if not isinstance(filter, Range):
        raise TypeError(filter)
    return replace(filter, lo_from=filter.lo_from or lo, hi_upto=filter.hi_upto or hi)


_INTERVALS: Mapping[str, Callable[[str, str, str], Filter]] = {
    "eq": lambda name, lo, hi: Range(name, lo_from=lo, hi_upto=hi),
    "ne": lambda name, lo, hi: Or((Range(name, lo_before=lo), Range(name, hi_after=hi))),
    "gt": lambda name, _, hi: Range(name, hi_after=hi),
    "lt": lambda name, lo, _: Range(name, lo_before=lo),
    "ge": lambda name, lo, _: Range(name, hi_after=lo),
    "le": lambda name, _, hi: Range(name, lo_before=hi),
    "sa": lambda name, _, hi: Range(name, lo_from=hi),
    "eb": lambda name, lo, _: Range(name, hi_upto=lo),
    "ap": lambda name, lo, hi: Range(name, lo_before=hi, hi_after=lo),
    OVERLAPS: lambda name, lo, hi: Range(name, lo_before=hi, hi_after=lo),
}

_POINTS: Mapping[str, Callable[[str, str, str], Filter]] = {
    "eq": lambda name, lo, hi: Range(name, lo_from=lo, lo_before=hi),
    "ne": lambda name, lo, hi: Or((Range(name, lo_before=lo), Range(name, lo_from=hi))),
    "gt": lambda name, _, hi: Range(name, lo_from=hi),
    "lt": lambda name, lo, _: Range(name, lo_before=lo),
    "ge": lambda name, lo, _: Range(name, lo_from=lo),
    "le": lambda name, _, hi: Range(name, lo_before=hi),
    "sa": lambda name, _, hi: Range(name, lo_from=hi),
    "eb": lambda name, lo, _: Range(name, lo_before=lo),
    "ap": lambda name, lo, hi: Range(name, lo_from=lo, lo_before=hi),
    OVERLAPS: lambda name, lo, hi: Range(name, lo_from=lo, lo_before=hi),
}
