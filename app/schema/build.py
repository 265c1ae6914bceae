"""The schema: FHIR types, then the fields on top of them, then Strawberry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import NoSchemaIntrospectionCustomRule
from strawberry.schema.config import StrawberryConfig

from app.schema.connection import connection_types, page_info_type
from app.schema.execution.planning import Planner
from app.schema.execution.preparing import Preparing
from app.schema.execution.schema import PlannedSchema
from app.schema.flattening.directives import SHAPING
from app.schema.history.fields import add_history
from app.schema.limits import limits_rule
from app.schema.live.fields import subscription_type
from app.schema.mutation import mutation_type
from app.schema.query import query_type
from app.schema.references import resolve_reference
from app.schema.reverse import add_reverse_lists
from app.schema.traceability import traceability_fields
from app.schema.types.derive import FhirTypes
from app.schema.types.fields import answer_arguments, from_document
from app.schema.types.navigation import answer_navigation
from app.schema.types.scalars import scalar_map

if TYPE_CHECKING:
    from app.settings import Settings


class DmiSchema(PlannedSchema):
    """The product's schema."""


def build_schema(settings: Settings) -> DmiSchema:
    """The whole schema; its SDL is published as graphql/schema.graphql and does not depend on settings."""
    types = FhirTypes(resolve_reference)
    page_info = page_info_type()
    connections = connection_types(types, page_info)
    add_reverse_lists(types, connections)
    add_history(types, page_info)
    traceability = traceability_fields(types, page_info)
    rules = [limits_rule(settings), *([] if settings.introspection else [NoSchemaIntrospectionCustomRule])]
    schema = DmiSchema(
        query=query_type(types, connections, traceability),
        mutation=mutation_type(types),
        subscription=subscription_type(types),
        types=[types.classes[name] for name in sorted(types.classes)],
        config=StrawberryConfig(
            auto_camel_case=False,
            default_resolver=from_document,
            disable_field_suggestions=not settings.introspection,
            scalar_map=scalar_map(),
        ),
    )
    answer_navigation(schema._schema, types.lists)
    answer_arguments(schema._schema)
    schema._schema.directives += SHAPING
    schema.prepare(Preparing(schema._schema, Planner(schema._schema, types.lists), rules, settings))
    return schema
