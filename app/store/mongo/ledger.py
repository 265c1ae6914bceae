"""Names that somebody holds for a time, and what was answered under them:

    {_id: name, holder, until, answer, removed: when MongoDB may take it away}

Each step is one command on one document, so whoever comes first has a name, also among processes. Whether a time is
over is always seen by `until`. That MongoDB removes what is over, now and then and by a clock of its own, saves room.
https://www.mongodb.com/docs/manual/core/index-ttl/
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo import IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from app.store.mongo.indexes import name as index_name
from app.store.repository import Reservation
from app.store.version import utc_now

if TYPE_CHECKING:
    from datetime import datetime

    from motor.motor_asyncio import AsyncIOMotorCollection

    from app.store.mongo.documents import Document

Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

LEDGER: Final = "dmi.ledger"
"""The name of the collection."""

REMOVED: Final = {"removed": 1}
SLACK: Final = timedelta(hours=1)
"""By so much the clock of MongoDB may be ahead of ours."""

INDEXES: Final = (IndexModel(list(REMOVED.items()), name=index_name(REMOVED), expireAfterSeconds=0),)


async def reserve(ledger: Collection, name: str, holder: str, seconds: float, now: datetime) -> Reservation:
    """Hold a name from now on, unless somebody else holds it. The time of the same holder begins anew."""
    time = timedelta(seconds=seconds)
    times = {"until": now + time, "removed": utc_now() + time + SLACK}
    while True:  # a name that is let go between two steps is tried again
        if await _taken(ledger, {"_id": name, "holder": holder, "answer": None, **times}, now):
            return Reservation(holder, held=True)
        mine = {"_id": name, "holder": holder, "until": {"$gt": now}}
        if found := await ledger.find_one_and_update(mine, {"$set": times}, return_document=ReturnDocument.AFTER):
            return Reservation(holder, held=True, answer=found["answer"])
        theirs = {"_id": name, "holder": {"$ne": holder}, "until": {"$gt": now}}
        if held := await ledger.find_one(theirs):
            return Reservation(held["holder"], held=False, answer=held["answer"])


async def settle(ledger: Collection, name: str, holder: str, answer: str | None, now: datetime) -> None:
    """Note an answer until the time of the name is over; None lets go of the name."""
    if answer is None:
        await ledger.delete_one({"_id": name, "holder": holder})
    else:
        mine = {"_id": name, "holder": holder, "until": {"$gt": now}}
        await ledger.update_one(mine, {"$set": {"answer": answer}})


async def forget(ledger: Collection) -> None:
    """Remove all answers: nobody can tell from a text which resources it shows."""
    await ledger.delete_many({"answer": {"$type": "string"}})


async def _taken(ledger: Collection, entry: Document, now: datetime) -> bool:
    """Whether a name that nobody holds has the entry now."""
    try:
        await ledger.insert_one(entry)
    except DuplicateKeyError:
        over = {"_id": entry["_id"], "until": {"$lte": now}}
        return (await ledger.replace_one(over, entry)).matched_count == 1
    return True
