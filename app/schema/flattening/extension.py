"""The place of the directives in an execution: another document goes in, and the answer comes out shaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import ExecutionResult
from strawberry.extensions import SchemaExtension

from app.schema.flattening.directives import is_shaped
from app.schema.flattening.plan import Misshapen, plan_of
from app.schema.flattening.shaping import shaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.schema.flattening.plan import Plan


class Flattening(SchemaExtension):
    """Follows the shaping directives of a document. A document without an @ is not even looked at."""

    def on_execute(self) -> Iterator[None]:
        """Strawberry's hook."""
        context = self.execution_context
        plan: Plan | None = None
        if "@" in (context.query or "") and context.graphql_document and is_shaped(context.graphql_document):
            try:
                plan = plan_of(
                    context.schema._schema, context.graphql_document, context.operation_name, context.variables or {}
                )
            except Misshapen as refusal:
                context.result = ExecutionResult(None, refusal.errors)
        if plan:
            context.graphql_document = plan.document
        yield
        result = context.result
        if plan and result and result.data is not None:
            data, errors = shaped(result.data, plan.shape, result.errors or ())
            result.data, result.errors = data, errors or None
