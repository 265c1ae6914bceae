"""The trail of use, in a collection of its own: {_id, event: {…}}. Ids begin with the time of the event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo.errors import BulkWriteError

from app.store.mongo.documents import from_bson, to_bson
from app.store.repository import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from motor.motor_asyncio import AsyncIOMotorCollection

Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

TRAIL: Final = "dmi.audit"
"""The name of the collection."""

DUPLICATE: Final = 11000


async def keep(trail: Collection, events: Sequence[Event]) -> None:
    """Keep events; those that are kept already stay as they are."""
    documents = [{"_id": event.id, "event": to_bson(event.resource)} for event in events]
    try:
        await trail.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != DUPLICATE for each in error.details["writeErrors"]):
            raise


async def after(trail: Collection, id: str, count: int) -> list[Event]:  # noqa: A002 - FHIR's word
    """The next events behind an id."""
    found = trail.find({"_id": {"$gt": id}}).sort("_id", 1).limit(count)
    return [Event(document["_id"], from_bson(document["event"])) for document in await found.to_list(count)]


async def forget(trail: Collection, before: str) -> int:
    """Remove the events ahead of an id; answers how many there were."""
    return (await trail.delete_many({"_id": {"$lt": before}})).deleted_count
