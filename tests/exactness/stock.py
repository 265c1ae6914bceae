"""The reference: a request as GraphQL defines it, run by graphql-core's executor on the product's types and resolvers.

It says in one place what the product spreads over caches and plans: read, rewrite at the focus, check, shape, execute.
https://spec.graphql.org/October2021/#sec-Executing-Requests
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    execute,
    get_operation_ast,
    get_variable_values,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.utils.await_maybe import await_maybe

from app.schema.flattening.directives import is_shaped
from app.schema.flattening.plan import Misshapen, plan_of
from app.schema.flattening.shaping import shaped
from app.schema.focus import VARIABLE, focused
from app.schema.limits import limits_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import DocumentNode, GraphQLSchema

    from app.schema.context import Context
    from app.settings import Settings
    from tests.exactness.request import Request


async def executed(schema: GraphQLSchema, settings: Settings, request: Request, context: Context) -> ExecutionResult:
    """The answer to a request. Raises CannotGetOperationTypeError where the document lacks the operation."""
    variables, name = dict(request.variables or {}), request.operation or None
    if request.focus:
        variables[VARIABLE] = request.focus.id
    document, errors = _checked(schema, settings, request.query, name, request.focus.type if request.focus else "")
    if document is None or errors:
        return ExecutionResult(None, list(errors))
    return await _run(schema, document, name, variables, context)


@lru_cache(maxsize=32)
def _checked(
    schema: GraphQLSchema, settings: Settings, query: str, name: str | None, focus: str
) -> tuple[DocumentNode | None, Sequence[GraphQLError]]:
    """The document as it is to be run, and what is wrong with it."""
    try:
        document = parse(query, max_tokens=settings.max_tokens)
        document = focused(document, focus) if focus else document
    except GraphQLError as error:
        return None, [error]
    if refusal := _refusal(document, name):
        return None, [refusal]
    rules = [*specified_rules, limits_rule(settings)]
    return document, validate(
        schema, document, rules if settings.introspection else [*rules, NoSchemaIntrospectionCustomRule]
    )


def _refusal(document: DocumentNode, name: str | None) -> GraphQLError | None:
    """What speaks against the choice of an operation."""
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) > 1 and name is None:
        return GraphQLError("The document has several operations. Name one of them in `operationName`.")
    if get_operation_ast(document, name) is None:
        raise CannotGetOperationTypeError(name)
    return None


async def _run(
    schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: dict[str, Any], context: Context
) -> ExecutionResult:
    operation = get_operation_ast(document, name)
    assert operation
    values = get_variable_values(schema, operation.variable_definitions or (), variables)
    if isinstance(values, list) or not is_shaped(document):
        return await _by_graphql_core(schema, document, name, variables, context)
    try:
        plan = plan_of(schema, document, name, values)
    except Misshapen as refusal:
        return ExecutionResult(None, refusal.errors)
    except GraphQLError as error:  # a directive's argument is null, which graphql-core finds out where it collects
        return ExecutionResult(None, [error])
    result = await _by_graphql_core(schema, plan.document, name, variables, context)
    if result.data is None:
        return result
    data, errors = shaped(result.data, plan.shape, result.errors or ())
    return ExecutionResult(data, errors or None)


async def _by_graphql_core(
    schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: dict[str, Any], context: Context
) -> ExecutionResult:
    result: ExecutionResult = await await_maybe(
        execute(
            schema,
            document,
            variable_values=variables,
            context_value=context,
            operation_name=name,
            executor_class=StrawberryGraphQLCoreExecutionContext,
        )
    )
    return result
