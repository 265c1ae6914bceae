"""Reads pages of a collection, one segment of the sorted list after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.search.algebra import ID, LAST_UPDATED
from app.store import elements, keyset
from app.store.keyset import Beyond, Equal, Present
from app.store.mongo import decoding
from app.store.mongo.filters import every
from app.store.repository import Page, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from motor.motor_asyncio import AsyncIOMotorCollection

    from app.search.algebra import Position, Search, SortKey
    from app.store.keyset import Condition, Segment
    from app.store.mongo.filters import Document
    from app.store.mongo.links import Matched

Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

COUNT: Final[Document] = {"$group": {"_id": None, "n": {"$sum": 1}}}
"""One document with the number of all, or none."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a search: what they match in MongoDB's words, their order, and what is read of them."""

    collection: Collection
    matched: Matched
    sort: tuple[SortKey, ...]
    fields: Document

    async def page(self, search: Search) -> Page:
        """The page of the search."""
        backwards, start = search.before is not None, search.before or search.after
        found = await self.rows(start, backwards=backwards, skip=search.offset, take=search.count + 1)
        # Without a row to look back from, every row there is lies on the other side of the start.
        edge = found[0].position if found else None
        other = (start is not None or search.offset > 0) and await self._has_rows(edge, backwards=not backwards)
        return Page(*keyset.paged(found, search.count, other=other, backwards=backwards))

    async def rows(self, start: Position | None, *, backwards: bool, skip: int = 0, take: int) -> list[Row]:
        """So many rows beyond a position (None: of all rows), in the order in which they are walked."""
        found: list[Row] = []
        for segment in keyset.segments(self.sort, start, backwards=backwards):
            if skip and (skipped := await counted(self.collection, within(self.matched, segment), skip)) < skip:
                skip -= skipped
                continue
            limit = take - len(found)
            stages = pipeline(self.matched, segment, backwards=backwards, skip=skip, limit=limit)
            # In one batch, with which the server sees the end and keeps no cursor.
            answer = self.collection.aggregate(
                [*stages, {"$project": self.fields}], allowDiskUse=True, batchSize=limit + 1
            )
            found += [row(document, self.sort) for document in await answer.to_list(None)]
            skip = 0
            if len(found) == take:
                break
        return found

    async def _has_rows(self, start: Position | None, *, backwards: bool) -> bool:
        only_whether = replace(self, fields=fields(self.sort, ()))
        return bool(await only_whether.rows(start, backwards=backwards, take=1))


def row(document: Mapping[str, Any], sort: tuple[SortKey, ...]) -> Row:
    """The row of a document with the fields that `fields` names."""
    values = {**document.get("sort", {}), LAST_UPDATED: document.get("at")}
    return Row(document["resource"], keyset.position(sort, document["_id"], values))


def fields(sort: Sequence[SortKey], wanted: Iterable[str] | None) -> Document:
    """What `row` needs of a document, with the wanted elements (None: all) of its resource; pure."""
    keys = {field(key.parameter): True for key in sort if key.parameter != ID}
    return {**decoding.projected(elements.given(wanted)), **keys}


async def counted(collection: Collection, matched: Matched, at_most: int | None = None) -> int:
    """How many documents match; no more than `at_most` are counted."""
    limit: dict[str, Any] = {} if at_most is None else {"limit": at_most}
    if not matched.stages:
        return await collection.count_documents(matched.filter, **limit)
    stages = [
        {"$match": matched.filter},
        *matched.stages,
        *({"$limit": most} for most in limit.values()),
        COUNT,
    ]
    return sum([document["n"] async for document in collection.aggregate(stages)])


def within(matched: Matched, segment: Segment) -> Matched:
    """What matches in one stretch of a sorted list; pure."""
    return replace(matched, filter=every(matched.filter, *(condition(each) for each in segment.conditions)))


def pipeline(matched: Matched, segment: Segment, *, backwards: bool, skip: int, limit: int) -> list[Document]:
    """The stages that find the documents of a segment; pure.

    MongoDB sorts a missing value first. The first key is never missing, so its index gives the order; where a later
    one may be, whether it is comes before it in the sort. What is looked up comes after the sort, which an index may
    answer, so that it ends with the page."""
    lacking = [key.parameter for key in segment.order[1:] if keyset.may_lack(key)]
    marks = {f"lacks{place}": _lacks(parameter) for place, parameter in enumerate(lacking)}
    order: dict[str, int] = {}
    for key in segment.order:
        if key.parameter in lacking:
            order[f"lacks{lacking.index(key.parameter)}"] = -1 if backwards else 1
        order[field(key.parameter)] = -1 if key.descending else 1
    return [
        {"$match": within(matched, segment).filter},
        *([{"$addFields": marks}] if marks else []),
        {"$sort": order},
        *matched.stages,
        *([{"$skip": skip}] if skip else []),
        {"$limit": limit},
    ]


def condition(condition: Condition) -> Document:
    """A condition on a sort key as a filter; pure."""
    match condition:
        case Equal(parameter, value):
            return {field(parameter): value}
        case Present(parameter):
            return {field(parameter): {"$gte": ""}}
        case Beyond(parameter, value, descending):
            return {field(parameter): {"$lt" if descending else "$gt": value}}


def field(parameter: str) -> str:
    """Where the documents have the value of a sort key."""
    return {ID: "_id", LAST_UPDATED: "at"}.get(parameter, f"sort.{parameter}")


def _lacks(parameter: str) -> Document:
    return {"$eq": [{"$ifNull": [f"$sort.{parameter}", None]}, None]}
