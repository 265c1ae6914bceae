"""The same graph as Strawberry executes it without our executor: the same classes of types, resolvers and batches in a
plain `strawberry.Schema`, with its caches of parsed and of validated documents."""

from __future__ import annotations

import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from app.schema.connection import connection_types, page_info_type
from app.schema.history.fields import add_history
from app.schema.mutation import mutation_type
from app.schema.query import query_type
from app.schema.references import resolve_reference
from app.schema.reverse import add_reverse_lists
from app.schema.traceability import traceability_fields
from app.schema.types.derive import FhirTypes
from app.schema.types.fields import from_document
from app.schema.types.navigation import answer_navigation
from app.schema.types.scalars import scalar_map


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
