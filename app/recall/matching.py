"""Whether a filter of devices matches a device that no store knows, because it is contained in a procedure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.search.algebra import And, In, Linked, Or, Prefix, Range
from app.search.values import search_values

if TYPE_CHECKING:
    from app.fhir.resource import Resource
    from app.search.algebra import Filter, SearchValues


def matches(filter: Filter, device: Resource, definition: Resource | None) -> bool:  # noqa: A002 - the algebra's word
    """Whether the filter, made by `app.recall.filters.devices`, matches a device; `definition` is what its definition
    refers to, and Linked is asked of it."""
    return _holds(filter, search_values(device), search_values(definition) if definition else None)


def _holds(filter: Filter, values: SearchValues, linked: SearchValues | None) -> bool:  # noqa: A002 - see above
    match filter:
        case And(filters=parts):
            holds = all(_holds(part, values, linked) for part in parts)
        case Or(filters=parts):
            holds = any(_holds(part, values, linked) for part in parts)
        case In(parameter=name, values=texts):
            holds = not set(texts).isdisjoint(values.values.get(name, ()))
        case Prefix(parameter=name, text=text):
            holds = any(each.startswith(text) for each in values.values.get(name, ()))
        case Range(parameter=name):
            holds = any(_meets(filter, *interval) for interval in values.intervals.get(name, ()))
        case Linked(filter=inner):
            holds = linked is not None and _holds(inner, linked, None)
        case _:
            raise TypeError(filter)
    return holds


def _meets(bounds: Range, lo: str, hi: str) -> bool:
    return (
        (bounds.lo_from is None or lo >= bounds.lo_from)
        and (bounds.lo_before is None or lo < bounds.lo_before)
        and (bounds.hi_after is None or hi > bounds.hi_after)
        and (bounds.hi_upto is None or hi <= bounds.hi_upto)
    )
