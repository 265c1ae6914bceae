"""What refers to each of many resources, in one command.

The targets are the command's own documents, and a `$lookup` for each stretch of the sorted list joins what refers to
them: for a target it reads the index of the parameter in the order of the sort, and stops when the page is full.
https://www.mongodb.com/docs/manual/reference/operator/aggregation/documents/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from app.store import keyset
from app.store.mongo import decoding
from app.store.mongo.searching import COUNT, fields, pipeline, row
from app.store.repository import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.search.algebra import Search
    from app.store.mongo.filters import Document
    from app.store.mongo.links import Matched
    from app.store.repository import Row

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"
Target: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """The resources of a type that refer to others under a parameter, of those that match."""

    type: str
    parameter: str
    matched: Matched

    async def pages(self, database: Database, targets: Sequence[Sequence[str]], search: Search) -> list[Page]:
        """The first page of what refers to each target."""
        found: dict[Target, list[Row]] = {}
        others: set[Target] = set()
        asked = self._asked(decoding.as_json(database), targets, self.of_pages(search), each=search.count + 1)
        for document in await asked:
            target = tuple(document["texts"])
            rows = found.setdefault(target, [])
            if document["some"] and search.offset:
                others.add(target)
            if "rows" in document:
                rows.append(row(document["rows"], search.sort))
        return [
            Page(*keyset.paged(found.get(target, []), search.count, other=target in others, backwards=False))
            for target in map(tuple, targets)
        ]

    async def counts(self, database: Database, targets: Sequence[Sequence[str]]) -> list[int]:
        """How many resources refer to each target."""
        found = {
            tuple(document["texts"]): sum(each["n"] for each in document["rows"])
            for document in await self._asked(database, targets, self.of_counts(), each=1)
        }
        return [found.get(target, 0) for target in map(tuple, targets)]

    def of_pages(self, search: Search) -> list[Document]:
        """The stages from a target to the rows of its page, one document each, and whether there is `some` row; pure.

        There is one row more than the page takes."""
        take = search.offset + search.count + 1
        project = {"$project": fields(search.sort, search.elements)}
        stretches = [
            [*pipeline(self.matched, segment, backwards=False, skip=0, limit=take), project]
            for segment in keyset.segments(search.sort)
        ]
        places = [f"rows{place}" for place in range(len(stretches))]
        return [
            *(self._joined(stages, field) for field, stages in zip(places, stretches, strict=True)),
            {"$project": {"texts": True, "rows": {"$concatArrays": [f"${field}" for field in places]}}},
            {
                "$project": {
                    "texts": True,
                    "some": {"$ne": ["$rows", []]},
                    "rows": {"$slice": ["$rows", search.offset, search.count + 1]},
                }
            },
            {"$unwind": {"path": "$rows", "preserveNullAndEmptyArrays": True}},
        ]

    def of_counts(self) -> list[Document]:
        """The stages from a target to the number of what refers to it; pure."""
        return [self._joined([{"$match": self.matched.filter}, *self.matched.stages, COUNT], "rows")]

    async def _asked(
        self, database: Database, targets: Sequence[Sequence[str]], stages: Sequence[Document], *, each: int
    ) -> list[Document]:
        """What the stages give, at most so many documents for each target, in one batch if it holds them."""
        named = [{"texts": list(target)} for target in dict.fromkeys(map(tuple, targets)) if target]
        if not named:
            return []
        size = len(named) * each + 1
        answer = database.aggregate([{"$documents": named}, *stages], allowDiskUse=True, batchSize=size)
        found: list[Document] = await answer.to_list(None)
        return found

    def _joined(self, stages: Sequence[Document], field: str) -> Document:
        referring = {"localField": "texts", "foreignField": f"ix.{self.parameter}"}
        return {"$lookup": {"from": self.type, **referring, "pipeline": list(stages), "as": field}}
