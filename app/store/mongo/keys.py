"""Who has which key. In a collection on one replica set an index keeps the keys of its documents unique. No index does
so across shards: there each key is a document, {_id: key, type, id}, in a collection that is sharded by it.

A key and the document that has it are then written in one transaction. The documents have the last word: a key whose
document does not have it is free, whatever left it behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo import DeleteOne, ReplaceOne

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from motor.motor_asyncio import AsyncIOMotorCollection

    from app.store.mongo.documents import Document
    from app.store.mongo.transactions import Session
    from app.store.mongo.writing import Place

Documents: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

KEYS: Final = "dmi.keys"
"""The name of the collection."""

AT_ONCE: Final = 250
"""So many ids or keys are looked for by one command: a server may compare each with each."""


async def read(
    collection: Documents,
    name: str,
    wanted: Sequence[str],
    shown: Mapping[str, bool],
    session: Session | None = None,
) -> list[Document]:
    """The documents in which a field has one of the values."""
    found: list[Document] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = {name: {"$in": wanted[start : start + AT_ONCE]}}
        # In one batch, with which the server sees the end and keeps no cursor.
        found += await collection.find(some, shown, batch_size=AT_ONCE + 1, session=session).to_list(None)
    return found


async def holders(place: Place, keys: Collection[str], session: Session | None = None) -> dict[str, str]:
    """The ids of the documents that have these keys; free ones are left out."""
    wanted = sorted(set(keys))
    if place.keys is None:
        documents = await read(place.current, "keys", wanted, {"keys": True}, session)
    else:
        noted = sorted({each["id"] for each in await read(place.keys, "_id", wanted, {"id": True}, session)})
        documents = await read(place.current, "_id", noted, {"keys": True}, session)
    return {key: each["_id"] for each in documents for key in each.get("keys", ()) if key in set(wanted)}


def changes(
    type: str,  # noqa: A002 - FHIR's word
    before: Mapping[str, Collection[str]],
    after: Mapping[str, Collection[str]],
) -> list[ReplaceOne[Document] | DeleteOne]:
    """What is done with the keys, where documents had some and have others then, by id.

    Whoever gets a key writes it, even where it is noted for that document: two that get one then meet."""
    taken = {key: id_ for id_, keys in after.items() for key in keys}
    left = [(key, id_) for id_, keys in before.items() for key in keys if key not in taken]
    new = [(key, id_) for key, id_ in taken.items() if key not in before.get(id_, ())]
    return [
        *(DeleteOne({"_id": key, "id": id_}) for key, id_ in left),
        *(ReplaceOne({"_id": key}, {"_id": key, "type": type, "id": id_}, upsert=True) for key, id_ in new),
    ]
