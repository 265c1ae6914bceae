"""Reads the versions of resources: the last one from the collection of its type, the earlier ones from the history.

The last one is read first: whatever is written then, the versions before it are in the history. What the history has
beyond it is the copy of a write that was not finished, and no version of its own.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from app.store.mongo.documents import of_shard, place, version_of
from app.store.repository import Head

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.store.mongo.documents import Document
    from app.store.mongo.transactions import Session
    from app.store.mongo.writing import Place
    from app.store.repository import Version

KEPT: Final = {"ix": False, "sort": False}
"""What of a document makes a version."""


async def heads(at: Place, ids: Collection[str]) -> dict[str, Head]:
    """The last versions under those ids; unknown ids are left out."""
    found = at.current.find({"_id": {"$in": list(ids)}}, {"version": True, "deleted": True})
    return {document["_id"]: Head(int(document["version"]), document["deleted"]) async for document in found}


async def numbered(at: Place, type: str, id: str, version: int) -> Version | None:  # noqa: A002 - FHIR's words
    """The version of that number."""
    found = await _last(at, id)
    if found and version < found["version"]:
        found = await at.history.find_one({"_id": place(id, version), **of_shard(id)})
        return version_of(type, found) if found else None
    return version_of(type, found) if found and version == found["version"] else None


async def as_of(at: Place, type: str, id: str, instant: str | None) -> Version | None:  # noqa: A002 - FHIR's words
    """The version that was current at an instant, or is now."""
    last = await _last(at, id)
    if last is None or instant is None or last["at"] <= instant:
        return version_of(type, last) if last else None
    earlier = await _earlier(at, id, last["version"], 1, {"at": {"$lte": instant}})
    return version_of(type, earlier[0]) if earlier else None


async def latest(at: Place, type: str, id: str, count: int, before: int | None) -> list[Version]:  # noqa: A002 - FHIR's words
    """So many versions of a resource, the last first; those before a version, if one is given."""
    last = await _last(at, id)
    if last is None or count < 1:
        return []
    end = last["version"] + 1 if before is None else before
    found = [last] if last["version"] < end else []
    if len(found) < count:
        found += await _earlier(at, id, min(end, last["version"]), count - len(found))
    return [version_of(type, document) for document in found]


async def next_whole(at: Place, type: str, after: str, count: int) -> list[list[Version]]:  # noqa: A002 - FHIR's word
    """All versions, the first of each first, of the next resources by id."""
    if count < 1:
        return []
    last = await at.current.find({"_id": {"$gt": after}}, KEPT).sort("_id", 1).limit(count).to_list(count)
    earlier = await of_all(at, last)
    return [
        [*(version_of(type, each) for each in earlier.get(document["_id"], ())), version_of(type, document)]
        for document in last
    ]


async def of_all(at: Place, last: Sequence[Document], session: Session | None = None) -> dict[str, list[Document]]:
    """The earlier versions of resources whose documents are given, by id, the first of each first."""
    numbers = {document["_id"]: document["version"] for document in last if document["version"] > 1}
    if not numbers:
        return {}
    within = {"_id": {"$gte": place(min(numbers), 0), "$lt": place(max(numbers), numbers[max(numbers)])}}
    found = at.history.find(within, session=session).sort("_id", 1)
    documents = [document async for document in found if document["_id"]["version"] < numbers.get(_id(document), 0)]
    return {id_: list(group) for id_, group in groupby(documents, key=_id)}


async def _last(at: Place, id: str) -> Document | None:  # noqa: A002 - FHIR's word
    found: Document | None = await at.current.find_one({"_id": id}, KEPT)
    return found


async def _earlier(
    at: Place,
    id: str,  # noqa: A002 - FHIR's word
    end: int,
    count: int,
    condition: Any = None,
) -> list[Document]:
    """So many versions of the history before the version `end`, the last first."""
    within = {"_id": {"$gte": place(id, 0), "$lt": place(id, end)}, **of_shard(id), **(condition or {})}
    found: list[Document] = await at.history.find(within).sort("_id", -1).limit(count).to_list(count)
    return found


def _id(document: Document) -> str:
    id_: str = document["_id"]["id"]
    return id_
