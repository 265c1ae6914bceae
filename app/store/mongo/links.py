"""Filters that lead to other resources: chains, and what is referred to.

Where what a step leads to is few, it is asked for first and stands in the filter as a list of references, which an
index finds. Where it is much, the page is read in its order, and for each of its resources a `$lookup` seeks what it
leads to, until the page is full; no large middle set leaves MongoDB.
https://www.mongodb.com/docs/manual/reference/operator/aggregation/lookup/
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.search.algebra import And, Linked
from app.store.conditions import conjuncts
from app.store.mongo.filters import NOTHING, every, mongo_filter, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from motor.motor_asyncio import AsyncIOMotorCollection

    from app.search.algebra import Filter, Index, Indexed
    from app.store.mongo.filters import Document, Step

    Asked = Callable[[str], AbstractAsyncContextManager[AsyncIOMotorCollection[dict[str, Any]]]]

FEW: Final = 1_000
"""Up to so many resources at the end of a step are listed; their ids are all that comes into memory."""

CURRENT: Final[Document] = {"deleted": False}


@dataclass(frozen=True, slots=True)
class Matched:
    """The documents that match: those of a filter, which indexes answer, that get through the stages, if there are any.

    The stages keep the order and add fields `step0`, `step1` …"""

    filter: Document
    stages: tuple[Document, ...] = ()


class Links:
    """Finds what the steps of a filter lead to. `asked` opens the collection of a type for one request."""

    def __init__(self, asked: Asked, index: Index) -> None:
        self._asked = asked
        self._index = index

    async def matched(self, type: str, filter: Filter) -> Matched:  # noqa: A002 - FHIR's word, the algebra's word
        """What a filter matches in the collection of a type. Raises KeyError where a parameter is unknown or unfit."""
        taken = list(dict.fromkeys(steps(filter)))
        for step in taken:
            reference(self._index, type if isinstance(step, Linked) else step.type, step.parameter)
        ends = await asyncio.gather(*map(self._end, taken))
        few = {step: end for step, end in zip(taken, ends, strict=True) if isinstance(end, dict)}
        many = {step: end for step, end in zip(taken, ends, strict=True) if isinstance(end, Matched)}
        return joined(filter, self._index.parameters[type], few, many)

    async def _end(self, step: Step) -> Document | Matched:
        """The filter that stands for a step which leads to few resources, or else what it leads to."""
        end = await self.matched(step.type, step.filter)
        if not step.prefixes:
            return NOTHING
        found = "$_id" if isinstance(step, Linked) else f"$ix.{step.parameter}"
        stages = [
            {"$match": end.filter},
            *end.stages,
            {"$limit": FEW + 1},
            {"$project": {"_id": False, "found": found}},
        ]
        async with self._asked(step.type) as collection:
            values = [document.get("found", ()) async for document in collection.aggregate(stages)]
        return listed(step, values) if len(values) <= FEW else end


def reference(index: Index, type: str, parameter: str) -> None:  # noqa: A002 - FHIR's word
    """Raise KeyError where the parameter of a type is none that refers."""
    if index.parameters[type][parameter].kind != "reference":
        raise KeyError(parameter)


def listed(step: Step, values: Iterable[Any]) -> Document:
    """The filter of a step whose end is known: the ids of what it leads to, or the texts by which that refers; pure."""
    if isinstance(step, Linked):
        return {f"ix.{step.parameter}": {"$in": [prefix + value for value in values for prefix in step.prefixes]}}
    texts = (text for value in values for text in value)
    ids = {text.removeprefix(prefix) for text in texts for prefix in step.prefixes if text.startswith(prefix)}
    return {"_id": {"$in": sorted(ids)}}


def joined(
    filter: Filter,  # noqa: A002 - the algebra's word
    indexed: Mapping[str, Indexed],
    few: Mapping[Step, Document],
    many: Mapping[Step, Matched],
) -> Matched:
    """What a filter matches, where some of its steps are filters and the others are looked up; pure.

    What needs no look-up comes ahead of them, for the indexes."""
    parts = list(conjuncts(filter))
    late = [part for part in parts if any(step in many for step in steps(part))]
    early = every(CURRENT, *(mongo_filter(part, indexed, few) for part in parts if part not in late))
    if not late:
        return Matched(early)
    fields = {step: f"step{place}" for place, step in enumerate(many)}
    found: dict[Step, Document] = {step: {field: {"$ne": []}} for step, field in fields.items()}
    rest = mongo_filter(And(tuple(late)), indexed, {**few, **found})
    looked_up = (stage for step, field in fields.items() for stage in _looked_up(step, many[step], field))
    return Matched(early, (*looked_up, {"$match": rest}))


def _looked_up(step: Step, end: Matched, field: str) -> Sequence[Document]:
    """Puts into a field one of the resources that a step leads to, or none."""
    seek = [{"$match": end.filter}, *end.stages, {"$limit": 1}, {"$project": {"_id": True}}]
    if isinstance(step, Linked):
        return lookup(step.type, targets(step.parameter, step.prefixes), "_id", seek, field)
    names = [{"$concat": [prefix, "$_id"]} for prefix in step.prefixes]
    return lookup(step.type, names, f"ix.{step.parameter}", seek, field)


def lookup(type: str, values: Any, at: str, stages: Sequence[Document], field: str) -> Sequence[Document]:  # noqa: A002 - FHIR's word
    """Puts into a field the documents of a type that have one of the values at a path, as the stages leave them."""
    joining = {"from": type, "localField": field, "foreignField": at, "pipeline": list(stages), "as": field}
    return {"$addFields": {field: values}}, {"$lookup": joining}


def targets(parameter: str, prefixes: Collection[str]) -> Document:
    """The expression for the ids of what a document refers to under a parameter, in one of the forms."""
    texts = {"$ifNull": [f"$ix.{parameter}", []]}
    return {"$concatArrays": [_without(prefix, texts) for prefix in prefixes] or [[]]}


def _without(prefix: str, texts: Document) -> Document:
    fit = {"$eq": [{"$indexOfBytes": ["$$this", prefix]}, 0]}
    rest = {"$substrBytes": ["$$this", len(prefix.encode()), -1]}
    return {"$map": {"input": {"$filter": {"input": texts, "as": "this", "cond": fit}}, "in": rest}}
