"""What spreads the collections of a database over the shards of a cluster, as commands in their order.

Documents go by the hash of their id, the history by that of the resource's id, so that whatever is asked by id goes to
one shard. Keys are kept apart first (`app.store.mongo.keys`): servers are told, and once none keeps them the other way,
those that are there are noted, and the unique indexes go, which no sharded collection can have. Servers may run
meanwhile, and all of it may be done again. https://www.mongodb.com/docs/manual/core/hashed-sharding/
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.errors import StoreUnusable
from app.fhir.json import encode
from app.store.mongo.collections import OWN
from app.store.mongo.indexes import UNIQUE
from app.store.mongo.keys import KEYS
from app.store.mongo.ledger import LEDGER
from app.store.mongo.trail import TRAIL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.store.mongo.documents import Document

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"

ADMIN: Final = "admin"
BY_ID: Final = "_id"
DURABLE: Final = {"w": "majority", "j": True}

SETTLED: Final = 30
"""Seconds after which no write goes on that was begun before its server was told: it looks every second, and gives up
after ten."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command to a database, and for how many seconds nothing is done after it."""

    database: str
    command: Document
    pause: int = 0

    def __str__(self) -> str:
        """As mongosh does it."""
        pause = f" sleep({self.pause * 1_000});" if self.pause else ""
        return f'db.getSiblingDB("{self.database}").runCommand({encode(self.command).decode()});{pause}'


def steps(database: str, types: Iterable[str], existing: Mapping[str, Mapping[str, Any]], *, apart: bool) -> list[Step]:
    """What is to be done; pure. `existing` are the indexes of each collection that is there, as the driver tells them,
    `apart` is whether keys are kept apart already."""
    noted = [step for name in sorted(existing) for step in _noted(database, name, existing[name])]
    return [
        *_sharded(database, KEYS, BY_ID),
        *(() if apart and not noted else [_told(database)]),
        *noted,
        *(step for name in types for step in _sharded(database, name, BY_ID)),
        *(step for name in types for step in _sharded(database, f"{name}.history", f"{BY_ID}.id")),
        *(step for name in (LEDGER, TRAIL) for step in _sharded(database, name, BY_ID)),
    ]


async def planned(database: Database, types: Sequence[str]) -> list[Step]:
    """What is to be done with a database."""
    names = [name for name in await database.list_collection_names() if name in types]
    existing = {name: await database[name].index_information() for name in names}
    apart = await database[OWN].find_one({"_id": "keys"}) is not None
    return steps(database.name, types, existing, apart=apart)


async def done(database: Database, plan: Sequence[Step]) -> AsyncIterator[Step]:
    """Each step once it is done. Raises StoreUnusable where the server is none of a sharded cluster."""
    hello = await database.command("hello")
    if hello.get("msg") != "isdbgrid":
        raise StoreUnusable(
            "This MongoDB is no sharded cluster, or this is one of its members. Give the address of a mongos.",
            "Ce MongoDB n’est pas un cluster partagé (sharded), ou c’en est un membre. Indiquez l’adresse d’un mongos.",
        )
    for step in plan:
        await database.client[step.database].command(step.command)
        await asyncio.sleep(step.pause)
        yield step


def _told(database: str) -> Step:
    """From now on servers keep keys apart."""
    apart = {"q": {"_id": "keys"}, "u": {"$set": {"apart": True}}, "upsert": True}
    return Step(database, {"update": OWN, "updates": [apart], "writeConcern": DURABLE}, SETTLED)


def _noted(database: str, name: str, existing: Mapping[str, Any]) -> Iterator[Step]:
    """The keys that an index has kept unique are noted, and it goes; one that a server notes meanwhile stays so."""
    for index in [index for index, told in existing.items() if dict(told["key"]) == UNIQUE and told.get("unique")]:
        pipeline = [
            {"$match": {"keys": {"$exists": True}}},
            {"$unwind": "$keys"},
            {"$project": {"_id": "$keys", "type": name, "id": "$_id"}},
            {"$merge": {"into": KEYS, "on": "_id", "whenMatched": "keepExisting", "whenNotMatched": "insert"}},
        ]
        yield Step(database, {"aggregate": name, "pipeline": pipeline, "cursor": {}, "writeConcern": DURABLE})
        yield Step(database, {"dropIndexes": name, "index": index})


def _sharded(database: str, name: str, field: str) -> Iterator[Step]:
    key = {field: "hashed"}
    index = {"key": key, "name": f"{field}_hashed"}
    yield Step(database, {"createIndexes": name, "indexes": [index]})
    yield Step(ADMIN, {"shardCollection": f"{database}.{name}", "key": key})
