"""The schema: FHIR types, then the fields on top of them, then Strawberry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry
from graphql import NoSchemaIntrospectionCustomRule
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from app.schema.errors import log_unexpected
from app.schema.mutation import mutation_type
from app.schema.query import query_type
from app.schema.references import resolve_reference
from app.schema.types.derive import FhirTypes
from app.schema.types.scalars import scalar_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLError
    from strawberry.extensions import SchemaExtension
    from strawberry.types import ExecutionContext

    from app.fhir.resource import Json
    from app.settings import Settings

CACHED_DOCUMENTS = 256


class DmiSchema(strawberry.Schema):
    """Strawberry's schema; an error is logged only where no user caused it, and never with its text."""

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,
    ) -> None:
        """Strawberry's hook for each error of an execution."""
        for error in errors:
            log_unexpected(error)


def build_schema(settings: Settings) -> DmiSchema:
    """The whole schema; its SDL is published as graphql/schema.graphql and does not depend on settings."""
    types = FhirTypes(resolve_reference)
    return DmiSchema(
        query=query_type(types),
        mutation=mutation_type(types),
        types=[types.classes[name] for name in sorted(types.classes)],
        config=StrawberryConfig(
            auto_camel_case=False,
            default_resolver=_from_document,
            disable_field_suggestions=not settings.introspection,
            scalar_map=scalar_map(),
        ),
        extensions=[
            lambda: MaxTokensLimiter(max_token_count=settings.max_tokens),
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
            *_closed(settings),
        ],
    )


def _closed(settings: Settings) -> list[Callable[[], SchemaExtension]]:
    return [] if settings.introspection else [lambda: AddValidationRules([NoSchemaIntrospectionCustomRule])]


def _from_document(source: Json, name: str) -> Json:
    return source.get(name)
