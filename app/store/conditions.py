"""What every store does with a filter before it compiles it; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.search.algebra import LAST_UPDATED, And, Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.search.algebra import Filter


def conjuncts(filter: Filter) -> Iterator[Filter]:  # noqa: A002 - the algebra's word
    """The filters that must all match, without the Ands around them."""
    if isinstance(filter, And):
        for part in filter.filters:
            yield from conjuncts(part)
    else:
        yield filter


def moments(filter: Filter) -> tuple[str | None, str | None]:  # noqa: A002 - the algebra's word
    """The first instant that a filter on `_lastUpdated` takes, and the first after it that it does not; None: no bound.

    An instant is a half-open interval so short that no bound lies inside it. Raises KeyError for other than a Range."""
    if not isinstance(filter, Range):
        raise KeyError(LAST_UPDATED)
    first = [bound for bound in (filter.lo_from, filter.hi_after) if bound is not None]
    end = [bound for bound in (filter.lo_before, filter.hi_upto) if bound is not None]
    return max(first, default=None), min(end, default=None)
