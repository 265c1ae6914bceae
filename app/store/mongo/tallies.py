"""Counts what matches by the texts it has, or by those of what it refers to, all facets in one command.

A document becomes the set of its texts for each facet, what it refers to being looked up once for all of them; then
each set is taken apart and counted. https://www.mongodb.com/docs/manual/reference/operator/aggregation/facet/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.store.mongo.links import CURRENT, lookup, reference, targets
from app.store.repository import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from motor.motor_asyncio import AsyncIOMotorCollection

    from app.search.algebra import Facet, Index, Link
    from app.store.mongo.filters import Document
    from app.store.mongo.links import Matched

Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

MOST_TIME: Final = 120_000
"""Milliseconds; MongoDB ends an aggregation then, whoever still waits for it."""

COMPLETE: Final = r"^(?:[^\\|]|\\[\s\S])*\|[\s\S]"
"""A token of system and code: there is a `|` that is not escaped, and something after it."""


def check(facets: Sequence[Facet], type: str, index: Index) -> None:  # noqa: A002 - FHIR's word
    """Raise KeyError where a facet of a type names no texts."""
    for facet in facets:
        if facet.via:
            reference(index, type, facet.via.parameter)
        kept = index.parameters[facet.via.type if facet.via else type][facet.parameter]
        if not kept.sortable if facet.length is not None else kept.kind == "interval":
            raise KeyError(facet.parameter)


async def tallied(collection: Collection, matched: Matched, facets: Sequence[Facet], at_most: int) -> list[Tally]:
    """How many documents that match have each text, for each facet; one command answers."""
    if not facets:
        return []
    stages = pipeline(matched, facets, at_most)
    [found] = await collection.aggregate(stages, allowDiskUse=True, maxTimeMS=MOST_TIME).to_list(1)
    return [_tally(found[_field(place)], at_most) for place in range(len(facets))]


def pipeline(matched: Matched, facets: Sequence[Facet], at_most: int) -> list[Document]:
    """The stages that count by each facet; pure."""
    links = {
        link: f"via{place}" for place, link in enumerate(dict.fromkeys(facet.via for facet in facets if facet.via))
    }
    return [
        {"$match": matched.filter},
        *matched.stages,
        *(stage for link, field in links.items() for stage in _followed(link, facets, field)),
        {"$project": {"_id": False, **{_field(place): texts(facet, links) for place, facet in enumerate(facets)}}},
        {"$facet": {_field(place): _counted(facet, _field(place), at_most) for place, facet in enumerate(facets)}},
    ]


def texts(facet: Facet, links: Mapping[Link, str]) -> Any:
    """The expression for the distinct texts of a document, for a facet; `links`: where the targets of a link are."""
    if facet.via is None:
        return _own(facet, "$")
    union = {"$setUnion": ["$$value", _own(facet, "$$this.")]}
    return {"$reduce": {"input": f"${links[facet.via]}", "initialValue": [], "in": union}}


def _own(facet: Facet, at: str) -> Any:
    if facet.length is None:
        return {"$ifNull": [f"{at}ix.{facet.parameter}", []]}
    text = f"{at}sort.{facet.parameter}"
    lacking = {"$eq": [{"$ifNull": [text, None]}, None]}
    return {"$cond": [lacking, [], [{"$substrCP": [text, 0, facet.length]}]]}


def _followed(link: Link, facets: Sequence[Facet], field: str) -> Sequence[Document]:
    """Puts into a field what a document refers to, as far as the facets need it."""
    needed = {_path(facet): True for facet in facets if facet.via == link}
    ends = [{"$match": CURRENT}, {"$project": {"_id": False, **needed}}]
    return lookup(link.type, targets(link.parameter, link.prefixes), "_id", ends, field)


def _path(facet: Facet) -> str:
    return f"{'ix' if facet.length is None else 'sort'}.{facet.parameter}"


def _counted(facet: Facet, field: str, at_most: int) -> list[Document]:
    """From sets of texts to one document of the most frequent ones and the number of all; none where there are none."""
    first = {"n": max(at_most, 1), "sortBy": {"n": -1, "_id": 1}, "output": {"text": "$_id", "n": "$n"}}
    return [
        {"$unwind": f"${field}"},
        {"$group": {"_id": f"${field}", "n": {"$sum": 1}}},
        *([{"$match": {"_id": {"$regex": COMPLETE}}}] if facet.complete else []),
        {"$group": {"_id": None, "distinct": {"$sum": 1}, "counts": {"$topN": first}}},
    ]


def _tally(found: Sequence[Document], at_most: int) -> Tally:
    if not found:
        return Tally({}, 0)
    counts = {each["text"]: each["n"] for each in found[0]["counts"][:at_most]}
    return Tally(counts, found[0]["distinct"])


def _field(place: int) -> str:
    return f"facet{place}"
