"""A filter of the search algebra as a MongoDB filter; pure.

    {"ix.status": "completed"}
    {"ix.family": {"$regex": "^du"}}
    {"ix.date": {"$elemMatch": {"lo": {"$lt": "2025"}, "hi": {"$gt": "2024"}}}}
https://www.mongodb.com/docs/manual/reference/operator/query/
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.search.algebra import (
    ID,
    LAST_UPDATED,
    And,
    Contains,
    Eq,
    In,
    Linked,
    Missing,
    Not,
    Or,
    Prefix,
    Range,
    Referenced,
)
from app.store.conditions import conjuncts, moments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.search.algebra import Filter, Indexed

Document: TypeAlias = dict[str, Any]
Step: TypeAlias = Linked | Referenced
Leaf: TypeAlias = Eq | In | Prefix | Contains | Range | Missing

NOTHING: Final[Document] = {"_id": {"$in": []}}
VERY_END: Final = r"(?![\s\S])"
"""A `$` matches ahead of a last line break, too."""

NO_STEPS: Final[Mapping[Step, Document]] = MappingProxyType({})


def mongo_filter(
    filter: Filter,  # noqa: A002 - the algebra's word
    indexed: Mapping[str, Indexed],
    steps: Mapping[Step, Document] = NO_STEPS,
) -> Document:
    """The filter for a collection. `indexed` are the type's parameters, and an unknown one raises KeyError; `steps` are
    what stands for each step to another resource, which has to be known before (`app.store.mongo.links`)."""
    match filter:
        case And():
            return every(*(mongo_filter(part, indexed, steps) for part in conjuncts(filter)))
        case Or(parts):
            return {"$or": [mongo_filter(part, indexed, steps) for part in parts]} if parts else NOTHING
        case Not(part):
            return {"$nor": [mongo_filter(part, indexed, steps)]}
        case Linked() | Referenced():
            return steps[filter]
    return _leaf(filter, indexed)


def steps(filter: Filter) -> Iterator[Step]:  # noqa: A002 - the algebra's word
    """The steps that a filter takes from its own type, not those inside them."""
    match filter:
        case And(parts) | Or(parts):
            for part in parts:
                yield from steps(part)
        case Not(part):
            yield from steps(part)
        case Linked() | Referenced():
            yield filter


def every(*filters: Document) -> Document:
    """The filter that matches where all of them do."""
    parts = [part for part in filters if part]
    if len(parts) < 2:
        return parts[0] if parts else {}
    return {"$and": parts}


def _leaf(leaf: Leaf, indexed: Mapping[str, Indexed]) -> Document:
    if leaf.parameter == ID:
        return {"_id": _text(leaf)}
    if leaf.parameter == LAST_UPDATED:
        return {"at": {"$exists": not leaf.missing} if isinstance(leaf, Missing) else _moment(leaf)}
    path = f"ix.{leaf.parameter}"
    return _interval(path, leaf) if indexed[leaf.parameter].kind == "interval" else {path: _text(leaf)}


def _text(leaf: Leaf) -> Any:
    match leaf:
        case Eq(_, value):
            return value
        case In(_, values):
            return {"$in": list(values)}
        case Prefix(_, text):
            return {"$regex": "^" + _literally(text)}
        case Contains(_, text, at_end):
            # Only an anchored pattern seeks in an index; this one walks the index, every key of the parameter.
            return {"$regex": _literally(text) + (VERY_END if at_end else "")}
        case Missing(_, missing):
            return {"$exists": not missing}
    raise KeyError(leaf.parameter)


def _literally(text: str) -> str:
    """The pattern of a text; it ends at a NUL on the wire."""
    return re.escape(text).replace("\0", r"\x00")


def _interval(path: str, leaf: Leaf) -> Document:
    if isinstance(leaf, Missing):
        return {f"{path}.lo": {"$exists": not leaf.missing}}
    if not isinstance(leaf, Range):
        raise KeyError(leaf.parameter)
    # lo < hi, so an upper bound of hi is one of lo as well: an index begins with lo.
    before = min((bound for bound in (leaf.lo_before, leaf.hi_upto) if bound is not None), default=None)
    ends = {
        "lo": _bounds({"$gte": leaf.lo_from, "$lt": before}),
        "hi": _bounds({"$gt": leaf.hi_after, "$lte": leaf.hi_upto}),
    }
    stated = {end: bounds for end, bounds in ends.items() if bounds}
    return {path: {"$elemMatch": stated}} if stated else {f"{path}.lo": {"$exists": True}}


def _moment(leaf: Eq | In | Prefix | Contains | Range) -> Document:
    first, end = moments(leaf)
    return _bounds({"$gte": first, "$lt": end}) or {"$exists": True}


def _bounds(operators: Mapping[str, str | None]) -> Document:
    return {operator: bound for operator, bound in operators.items() if bound is not None}
