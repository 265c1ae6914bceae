"""The same graph as Strawberry executes it without our executor: the same classes of types and resolvers in a plain
`strawberry.Schema`, with its caches of parsed and of validated documents, and with its data loaders."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from app.schema.connection import connection_types, page_info_type
from app.schema.history.fields import add_history
from app.schema.loaders import Loaders
from app.schema.mutation import mutation_type
from app.schema.query import query_type
from app.schema.references import resolve_reference
from app.schema.reverse import add_reverse_lists
from app.schema.traceability import traceability_fields
from app.schema.types.derive import FhirTypes
from app.schema.types.fields import from_document
from app.schema.types.navigation import answer_navigation
from app.schema.types.scalars import scalar_map


class DataLoaders(Loaders):
    """Resources by id through Strawberry's DataLoader, one for each type."""

    def __init__(self, reader: Any) -> None:
        super().__init__(reader)
        self._by_id: dict[str, DataLoader[str, Any]] = {}

    def load(self, type: str, id: str) -> Any:  # noqa: A002 - FHIR's words
        """As `Loaders.load`, in a future."""
        if type not in self._by_id:

            async def read(ids: list[str]) -> list[Any]:
                found = await self._reader.read(type, ids)
                return [found.get(each) for each in ids]

            self._by_id[type] = DataLoader(load_fn=read)
        return self._by_id[type].load(id)


def stock_schema() -> strawberry.Schema:
    """The schema that `build_schema` starts from."""
    types = FhirTypes(resolve_reference)
    page_info = page_info_type()
    connections = connection_types(types, page_info)
    add_reverse_lists(types, connections)
    add_history(types, page_info)
    schema = strawberry.Schema(
        query=query_type(types, connections, traceability_fields(types, page_info)),
        mutation=mutation_type(types),
        types=[types.classes[name] for name in sorted(types.classes)],
        config=StrawberryConfig(auto_camel_case=False, default_resolver=from_document, scalar_map=scalar_map()),
        extensions=[ParserCache, ValidationCache],
    )
    answer_navigation(schema._schema, types.lists)
    return schema
