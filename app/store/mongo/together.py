"""Writes many resources within one transaction by few commands, whatever their number.

All that the writes are about is read first, and the first of them that cannot be done is refused. Then the versions
that are replaced go into the history, and the new ones take their places. Where another request was faster, the
transaction is begun anew (`app.store.mongo.transactions`), and sees what came first.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo import InsertOne, ReplaceOne, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError

from app.errors import DuplicateKey
from app.store.mongo.documents import current, earlier
from app.store.mongo.keys import changes, holders, read
from app.store.mongo.transactions import Overtaken
from app.store.mongo.writing import CONTENT, check_version, keys_of, of_version, same, with_keys
from app.store.repository import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.store.mongo.documents import Document
    from app.store.mongo.transactions import Session
    from app.store.mongo.writing import Collection, Place, Writing
    from app.store.repository import Write

Operation: TypeAlias = "InsertOne[Document] | ReplaceOne[Document] | UpdateMany | UpdateOne"

DUPLICATE: Final = 11000
"""https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml"""


@dataclass(slots=True)
class Together:
    """Writes that are done with a session, all or none; `copied` is whether the history may hold copies of versions
    that are current still, which writes have left that were not finished."""

    writing: Writing
    places: Mapping[str, Place]
    writes: Sequence[Write]
    copied: bool = False

    async def put(self, session: Session) -> list[Stored]:
        """Keep each resource as the next version, in that order. Raises VersionConflict, DuplicateKey, and what is
        worth beginning anew."""
        stored: list[Stored] = []
        for part in _without_repeats(self.writes):
            found = {
                name: await _found(self.places[name], part, name, session) for name in {each.type for each in part}
            }
            # In a thread: thousands of documents are compared and made.
            stored += await asyncio.to_thread(_planned, self.writing, part, found)
            for name, known in found.items():
                await self._change(name, known, session)
        return stored

    async def _change(self, type: str, known: Known, session: Session) -> None:  # noqa: A002 - FHIR's word
        place = self.places[type]
        if place.keys is not None and (keys := changes(type, known.keys(), known.rekeyed)):
            await _bulk(place.keys, keys, session)
        if known.outdated and self.copied:
            copies = {"_id": {"$in": [each["_id"] for each in known.outdated]}}
            await place.history.delete_many(copies, session=session)
        if known.outdated:
            try:
                await _bulk(place.history, [InsertOne(each) for each in known.outdated], session)
            except Overtaken:
                self.copied = True
                raise
        if operations := known.operations():
            await _bulk(place.current, operations, session)


@dataclass(slots=True)
class Known:
    """What is known of the documents of a type that writes are about, and what is to be done with them.

    `documents` are the current ones by id, `holders` tells who has a key: the id of another document, or of a write,
    and `rekeyed` which keys a document has then, by the ids of those that are written."""

    documents: Mapping[str, Document]
    holders: dict[str, str]
    rekeyed: dict[str, Sequence[str]] = field(default_factory=dict)
    outdated: list[Document] = field(default_factory=list)
    replaced: list[Operation] = field(default_factory=list)
    created: list[Operation] = field(default_factory=list)

    def claim(self, write: Write) -> None:
        """Give a resource its keys. Raises DuplicateKey where another one has one of them."""
        self.rekeyed[write.id] = keys_of(write) if write.resource is not None else ()
        for key in self.rekeyed[write.id]:
            if (holder := self.holders.setdefault(key, write.id)) != write.id:
                raise DuplicateKey(f"{write.type}/{holder}")

    def keys(self) -> dict[str, Sequence[str]]:
        """The keys that the documents which are written have until then."""
        return {id_: self.documents[id_].get("keys", ()) for id_ in self.rekeyed if id_ in self.documents}

    def operations(self) -> list[Operation]:
        """What is done with the current documents. Those whose key another one takes lose it first."""
        losing = [
            id_
            for id_, document in self.documents.items()
            if any(self.holders.get(key, id_) != id_ for key in document.get("keys", ()))
        ]
        freeing: list[Operation] = [UpdateMany({"_id": {"$in": losing}}, {"$unset": {"keys": ""}})] if losing else []
        return [*freeing, *self.replaced, *self.created]


def _without_repeats(writes: Sequence[Write]) -> Iterator[Sequence[Write]]:
    """The writes in parts, in none of which a resource comes twice."""
    part: dict[tuple[str, str], Write] = {}
    for write in writes:
        if (write.type, write.id) in part:
            yield list(part.values())
            part = {}
        part[write.type, write.id] = write
    yield list(part.values())


async def _found(place: Place, writes: Sequence[Write], name: str, session: Session) -> Known:
    of_type = [write for write in writes if write.type == name]
    keys = {key for write in of_type for key in write.keys}
    documents = await read(place.current, "_id", [write.id for write in of_type], CONTENT, session)
    by_id = {document["_id"]: document for document in documents}
    held = await holders(place, keys, session)
    return Known(by_id, {key: id_ for key, id_ in held.items() if id_ not in by_id})


def _planned(writing: Writing, writes: Sequence[Write], found: Mapping[str, Known]) -> list[Stored]:
    return [_one(writing, write, found[write.type]) for write in writes]


def _one(writing: Writing, write: Write, known: Known) -> Stored:
    document = known.documents.get(write.id)
    check_version(document, write)
    kept = same(document, write)
    if kept and (kept.resource is None or document is None):
        return kept
    known.claim(write)
    if kept and document:
        if document.get("keys", []) != keys_of(write):
            known.replaced.append(UpdateOne(of_version(document), with_keys(write)))
        return kept
    version = writing.next(document, write)
    replacement = current(version, writing.index)
    if document is None:
        known.created.append(InsertOne(replacement))
    else:
        known.outdated.append(earlier(document))
        known.replaced.append(ReplaceOne(of_version(document), replacement))
    return Stored(version.resource, version.version)


async def _bulk(collection: Collection, operations: Sequence[Any], session: Session) -> None:
    """Do all of the operations. Raises Overtaken."""
    try:
        await collection.bulk_write(operations, session=session)
    except BulkWriteError as error:
        if any(each["code"] == DUPLICATE for each in error.details["writeErrors"]):
            raise Overtaken from None
        raise
