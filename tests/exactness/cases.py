"""Cases: random documents, and requests about them that are answered twice."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from app.fhir import json
from tests.exactness.chance import Chance
from tests.exactness.comparison import difference
from tests.exactness.documents import documents
from tests.exactness.executors import by_graphql_core, by_product, schema
from tests.exactness.operations import requests
from tests.exactness.world import World, sound_store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from app.fhir.resource import Resource
    from app.store.sqlite import SqliteStore
    from tests.exactness.request import Answer, Request

    Execute = Callable[[Request, World], Awaitable[Answer]]

MOST_REQUESTS: Final = 8
"""In one example; each with every version of its documents."""


@dataclass(frozen=True, repr=False)
class Case:
    """One request about some documents."""

    request: Request
    documents: Mapping[tuple[str, str], Resource]

    def _repr_pretty_(self, printer: Any, _cycle: object) -> None:
        """How hypothesis names the case among the others of its example."""
        printer.text(repr(self.request.query[:60]))

    def __str__(self) -> str:
        """The case as a person reads it."""
        stored = "\n".join(json.encode(document).decode() for document in self.documents.values())
        return f"{self.request.query}\n\n{self.request}\n\n{stored}"


def cases(seed: int) -> list[Case]:
    """The cases of one example: some requests, each with every version of the documents."""
    chance = Chance(Random(seed))  # noqa: S311 - reproducible, and no secret
    written = documents(chance)
    asked = [requests(chance, schema()._schema, written) for _ in range(1 + chance.below(MOST_REQUESTS))]
    return [Case(each, stored) for same in asked for each, stored in zip(same, written.versions, strict=True)]


class Comparing:
    """Answers cases twice, on one store."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._told: dict[object, Any] = {}

    async def difference(self, case: Case) -> str:
        """What the product's answer has otherwise than that of graphql-core, to be read by people; "" where nothing."""
        try:
            return difference(await self.answer(by_product, case), await self.answer(by_graphql_core, case))
        except Exception as error:  # noqa: BLE001 - what is raised here would be a request without an answer
            return "".join(traceback.format_exception(error, limit=-3))

    async def answer(self, execute: Execute, case: Case) -> Answer:
        """One of the answers; whoever may write has a store of its own."""
        if not case.request.writes:
            return await execute(case.request, World(self._store, case.documents, self._told))
        store = await sound_store()
        try:
            return await execute(case.request, World(store, case.documents))
        finally:
            await store.close()
