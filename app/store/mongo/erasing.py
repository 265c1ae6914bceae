"""Removes resources for good, after a last look at what has been written meanwhile, in a transaction where the server
has them: it is begun anew where somebody has written one of these resources. What refers to one of them may come in
between all the same, for nobody writes the resource that is referred to.

Without transactions the earlier versions go first, so that what is interrupted is found again and can be repeated.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, Final

from app.store.mongo.documents import from_bson, of_shard, place
from app.store.mongo.keys import read
from app.store.repository import Head
from app.store.version import instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from datetime import datetime

    from app.fhir.resource import Resource
    from app.store.mongo.documents import Document
    from app.store.mongo.transactions import Session
    from app.store.mongo.writing import Collection as Documents
    from app.store.mongo.writing import Place

AT_ONCE: Final = 32
"""So many resources are removed at a time."""

LATE: Final = timedelta(minutes=1)
"""A write has its time from the server that does it, whose clock may be behind, and can be read when it is done."""


def reached(now: datetime) -> str:
    """The point behind which everything comes that cannot be read yet."""
    return instant(now - LATE)


async def written(current: Documents, since: str, session: Session | None = None) -> AsyncIterator[Resource]:
    """The current resources of a collection that were written later than an instant."""
    found = current.find({"at": {"$gt": since}, "deleted": False}, {"resource": True}, session=session)
    async for document in found:
        yield from_bson(document["resource"])


async def heads(at: Place, ids: Sequence[str], session: Session | None) -> dict[str, Head]:
    """The last versions under those ids."""
    found = await read(at.current, "_id", ids, {"version": True, "deleted": True}, session)
    return {document["_id"]: Head(int(document["version"]), document["deleted"]) for document in found}


async def erase(at: Place, ids: Collection[str]) -> int:
    """Remove resources with all of their versions, and their keys last: those of a resource that is gone are free;
    answers how many there were."""
    wanted, removed = list(dict.fromkeys(ids)), 0
    for start in range(0, len(wanted), AT_ONCE):
        removed += sum(await asyncio.gather(*(_erased(at, id_) for id_ in wanted[start : start + AT_ONCE])))
    return removed


async def erase_together(at: Place, ids: Sequence[str], session: Session) -> int:
    """The same within a transaction."""
    removed = 0
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        if at.keys is not None:
            documents = await read(at.current, "_id", some, {"keys": True}, session)
            keys = [key for document in documents for key in document.get("keys", ())]
            await at.keys.delete_many({"_id": {"$in": keys}, "id": {"$in": some}}, session=session)
        await at.history.delete_many({"$or": list(map(versions_of, some))}, session=session)
        removed += (await at.current.delete_many({"_id": {"$in": some}}, session=session)).deleted_count
    return removed


async def _erased(at: Place, id: str) -> int:  # noqa: A002 - FHIR's word
    keys = await at.current.find_one({"_id": id}, {"keys": True}) if at.keys is not None else None
    await at.history.delete_many(versions_of(id))
    removed = (await at.current.delete_one({"_id": id})).deleted_count
    await at.history.delete_many(versions_of(id))  # the copy of a write that came in between
    if at.keys is not None and keys and "keys" in keys:
        await at.keys.delete_many({"_id": {"$in": keys["keys"]}, "id": id})
    return removed


def versions_of(id: str) -> Document:  # noqa: A002 - FHIR's word
    """The filter for all that the history has of a resource."""
    return {"_id": {"$gte": place(id, 0), "$lt": {**place(id, 0), "version": inf}}, **of_shard(id)}
