"""What mongomock lacks: the decoding of values as the driver reads them. It keeps them as they are."""

from __future__ import annotations

from typing import Any

from mongomock_motor import AsyncMongoMockCollection, AsyncMongoMockDatabase

from app.store.mongo import decoding
from app.store.mongo.documents import from_bson

driven = decoding.as_json


def as_json(source: Any) -> Any:
    """As `decoding.as_json`, also for mongomock."""
    mocked = isinstance(source, AsyncMongoMockCollection | AsyncMongoMockDatabase)
    return Decoding(source) if mocked else driven(source)


class Decoding:
    """A collection, or a cursor of it, whose documents are decoded when they are asked for."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def find(self, *arguments: Any, **options: Any) -> Decoding:
        return Decoding(self._source.find(*arguments, **options))

    def aggregate(self, *arguments: Any, **options: Any) -> Decoding:
        return Decoding(self._source.aggregate(*arguments, **options))

    async def to_list(self, length: int | None) -> Any:
        return from_bson(await self._source.to_list(length))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)
