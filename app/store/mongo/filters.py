"""A filter of the search algebra as a MongoDB filter; pure.

    {"ix.status": "completed"}
    {"ix.date": {"$elemMatch": {"lo": {"$lt": "2025"}, "hi": {"$gt": "2024"}}}}
https://www.mongodb.com/docs/manual/reference/operator/query/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.search.algebra import ID, LAST_UPDATED, And, Eq, In, Missing, Not, Or, Prefix, Range
from app.store.conditions import conjuncts, moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.search.algebra import Filter, Indexed

Document: TypeAlias = dict[str, Any]

NOTHING: Final[Document] = {"_id": {"$in": []}}


def mongo_filter(filter: Filter, indexed: Mapping[str, Indexed]) -> Document:  # noqa: A002 - the algebra's word
    """The filter for a collection; `indexed` are the type's parameters, and an unknown one raises KeyError."""
    match filter:
        case And():
            return every(*(mongo_filter(part, indexed) for part in conjuncts(filter)))
        case Or(parts):
            return {"$or": [mongo_filter(part, indexed) for part in parts]} if parts else NOTHING
        case Not(part):
            return {"$nor": [mongo_filter(part, indexed)]}
    if filter.parameter == ID:
        return {"_id": _text(filter)}
    if filter.parameter == LAST_UPDATED:
        return {"at": {"$exists": not filter.missing} if isinstance(filter, Missing) else _moment(filter)}
    kind = indexed[filter.parameter].kind
    return {f"ix.{filter.parameter}": _interval(filter) if kind == "interval" else _text(filter)}


def every(*filters: Document) -> Document:
    """The filter that matches where all of them do."""
    parts = [part for part in filters if part]
    if len(parts) < 2:
        return parts[0] if parts else {}
    return {"$and": parts}


def _text(leaf: Eq | In | Prefix | Range | Missing) -> Any:
    match leaf:
        case Eq(_, value):
            return value
        case In(_, values):
            return {"$in": list(values)}
        case Prefix(_, text):
            # A pattern ends at a NUL on the wire, and only an anchored one is answered by an index.
            return {"$regex": "^" + re.escape(text).replace("\0", r"\x00")}
        case Missing(_, missing):
            return {"$exists": not missing}
    raise KeyError(leaf.parameter)


def _interval(leaf: Eq | In | Prefix | Range | Missing) -> Document:
    if isinstance(leaf, Missing):
        return {"$exists": not leaf.missing}
    if not isinstance(leaf, Range):
        raise KeyError(leaf.parameter)
    # lo < hi, so an upper bound of hi is one of lo as well: an index begins with lo.
    before = min((bound for bound in (leaf.lo_before, leaf.hi_upto) if bound is not None), default=None)
    ends = {
        "lo": _bounds({"$gte": leaf.lo_from, "$lt": before}),
        "hi": _bounds({"$gt": leaf.hi_after, "$lte": leaf.hi_upto}),
    }
    stated = {end: bounds for end, bounds in ends.items() if bounds}
    return {"$elemMatch": stated} if stated else {"$exists": True}


def _moment(leaf: Eq | In | Prefix | Range) -> Document:
    first, end = moments(leaf)
    return _bounds({"$gte": first, "$lt": end}) or {"$exists": True}


def _bounds(operators: Mapping[str, str | None]) -> Document:
    return {operator: bound for operator, bound in operators.items() if bound is not None}
