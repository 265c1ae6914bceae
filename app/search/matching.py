"""Whether a document is what a search looks for, told without a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.search.algebra import ID, And, Contains, Eq, Filter, In, Missing, Not, Or, Prefix, Range

if TYPE_CHECKING:
    from app.search.algebra import SearchValues


def matches(filter: Filter, values: SearchValues, id: str) -> bool:  # noqa: A002 - the algebra's word, and FHIR's
    """Whether a filter matches a resource with these search values and that id; a chain never does."""
    match filter:
        case And(filters) | Or(filters):
            found = (matches(each, values, id) for each in filters)
            return all(found) if isinstance(filter, And) else any(found)
        case Not(inner):
            return not matches(inner, values, id)
        case Range(parameter):
            return any(_within(filter, *pair) for pair in values.intervals.get(parameter, ()))
        case Missing(parameter, missing):
            return missing != (parameter in values.values or parameter in values.intervals)
        case Eq(parameter) | In(parameter) | Prefix(parameter) | Contains(parameter):
            texts = (id,) if parameter == ID else values.values.get(parameter, ())
            return any(_fits(filter, text) for text in texts)
        case _:
            return False


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
