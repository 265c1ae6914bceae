"""The schema: FHIR types, then the fields on top of them, then Strawberry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry
from graphql import NoSchemaIntrospectionCustomRule
from strawberry.extensions import AddValidationRules, MaxTokensLimiter
from strawberry.schema.config import StrawberryConfig

from app.schema.connection import connection_types, page_info_type
from app.schema.documents import OneOperation, SmallParserCache, SmallValidationCache
from app.schema.errors import log_unexpected
from app.schema.executor import sparing_executor
from app.schema.flattening.directives import SHAPING
from app.schema.flattening.extension import Flattening
from app.schema.focus import AtFocus
from app.schema.limits import limits_rule
from app.schema.mutation import mutation_type
from app.schema.query import query_type
from app.schema.references import resolve_reference
from app.schema.reverse import add_reverse_lists
from app.schema.traceability import traceability_fields
from app.schema.types.derive import FhirTypes
from app.schema.types.fields import from_document
from app.schema.types.navigation import answer_navigation
from app.schema.types.scalars import scalar_map

if TYPE_CHECKING:
    from graphql import GraphQLError
    from strawberry.types import ExecutionContext

    from app.settings import Settings

SUGGESTION = " Did you mean "


class DmiSchema(strawberry.Schema):
    """Strawberry's schema; an error is logged only where no user caused it, and never with its text."""

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,
    ) -> None:
        """Strawberry's hook for each error of an execution; a closed schema is not given away by suggestions."""
        for error in errors:
            log_unexpected(error)
            if self.config.disable_field_suggestions:
                error.message = error.message.partition(SUGGESTION)[0]


def build_schema(settings: Settings) -> DmiSchema:
    """The whole schema; its SDL is published as graphql/schema.graphql and does not depend on settings."""
    types = FhirTypes(resolve_reference)
    page_info = page_info_type()
    connections = connection_types(types, page_info)
    add_reverse_lists(types, connections)
    traceability = traceability_fields(types, page_info)
    rules = [limits_rule(settings), *([] if settings.introspection else [NoSchemaIntrospectionCustomRule])]
    schema = DmiSchema(
        query=query_type(types, connections, traceability),
        mutation=mutation_type(types),
        types=[types.classes[name] for name in sorted(types.classes)],
        config=StrawberryConfig(
            auto_camel_case=False,
            default_resolver=from_document,
            disable_field_suggestions=not settings.introspection,
            scalar_map=scalar_map(),
        ),
        extensions=[
            lambda: MaxTokensLimiter(max_token_count=settings.max_tokens),
            SmallParserCache,
            SmallValidationCache,
            OneOperation,
            lambda: AddValidationRules(rules),
            AtFocus,
            Flattening,
        ],
    )
    answer_navigation(schema._schema, types.lists)
    schema._schema.directives += SHAPING
    schema.execution_context_class = sparing_executor(schema._schema)
    return schema
