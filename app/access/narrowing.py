"""Searches as one principal may ask them: what a filter asks of other types counts only those it may see of them.

So no chain, no `_has` and no reverse condition tells by its matches what is in a resource that may not be seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.access.compartment import EVERYTHING, NOTHING
from app.access.refusals import not_counted, not_granted
from app.search.algebra import And, Linked, Not, Or, Referenced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.grant import Grant
    from app.search.algebra import Facet, Filter


def searched(grant: Grant, type_name: str, filter: Filter) -> Filter:  # noqa: A002 - the algebra's word
    """The filter for the resources of a type that may be searched. Raises Forbidden where none of the type, or of one
    that the filter asks something of, may be."""
    reach = _reach(grant, type_name)
    asked = filter if grant.searches_all else _asked(grant, filter)
    return asked if reach == EVERYTHING else And((reach, asked))


def check_facets(grant: Grant, facets: Sequence[Facet]) -> None:
    """Raises Forbidden where something is to be counted by texts of other resources that may not all be searched: a
    count by these has no filter of its own."""
    for facet in facets:
        if facet.via is not None and _reach(grant, facet.via.type) != EVERYTHING:
            raise not_counted(facet.via.type)


def _reach(grant: Grant, type_name: str) -> Filter:
    reach = grant.reach("s", type_name)
    if reach == NOTHING:
        raise not_granted("s", type_name)
    return reach


def _asked(grant: Grant, filter: Filter) -> Filter:  # noqa: A002 - see above
    match filter:
        case And(filters) | Or(filters):
            return replace(filter, filters=tuple(_asked(grant, each) for each in filters))
        case Not(inner):
            return Not(_asked(grant, inner))
        case Linked(type=name, filter=inner) | Referenced(type=name, filter=inner):
            return replace(filter, filter=searched(grant, name, inner))
        case _:
            return filter
