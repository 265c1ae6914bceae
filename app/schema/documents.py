"""How documents are read: parsed and validated once while they are small, and one operation of each is chosen.

A cached document is kept whole, so only small ones are: a large one is sent once, or by somebody who means harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHED_DOCUMENTS: Final = 256
CACHED_LENGTH: Final = 8_192


class SmallParserCache(ParserCache):
    """Strawberry's cache of parsed documents, for documents up to CACHED_LENGTH."""

    def __init__(self) -> None:
        super().__init__(maxsize=CACHED_DOCUMENTS)

    def on_parse(self) -> Iterator[None]:
        """Strawberry's hook."""
        if len(self.execution_context.query or "") <= CACHED_LENGTH:
            yield from super().on_parse()
        else:
            yield


class SmallValidationCache(ValidationCache):
    """Strawberry's cache of verdicts on documents, for documents up to CACHED_LENGTH."""

    def __init__(self) -> None:
        super().__init__(maxsize=CACHED_DOCUMENTS)

    def on_validate(self) -> Iterator[None]:
        """Strawberry's hook."""
        if len(self.execution_context.query or "") <= CACHED_LENGTH:
            yield from super().on_validate()
        else:
            yield


class OneOperation(SchemaExtension):
    """Refuses a document of several operations where the request names none, as GraphQL's GetOperation demands.

    Strawberry would run the first. https://spec.graphql.org/October2021/#GetOperation()"""

    def on_validate(self) -> Iterator[None]:
        """Strawberry's hook."""
        context = self.execution_context
        document = context.graphql_document
        definitions = document.definitions if document else ()
        operations = sum(isinstance(each, OperationDefinitionNode) for each in definitions)
        if operations > 1 and not context._provided_operation_name:
            context.pre_execution_errors = [
                GraphQLError("The document has several operations. Name one of them in `operationName`.")
            ]
        yield
