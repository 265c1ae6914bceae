"""Strawberry's schema with plans in the place of graphql-core's executor.

Strawberry's extensions see an execution as before. One that wants to see every field (`resolve`) has it run by
graphql-core, and so has introspection.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, cast

import strawberry
from graphql import FieldNode, GraphQLError, execute
from msgspec import Struct
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from app.errors import AnswerTooLarge, OutOfTime
from app.schema.cost import COST, too_costly
from app.schema.errors import cause_of, log_unexpected
from app.schema.execution.alone import run_alone
from app.schema.execution.failures import told
from app.schema.execution.preparing import Asking, Prepared, Preparing, Refused
from app.schema.execution.room import Room
from app.schema.execution.run import run
from app.schema.execution.subscribing import Subscribed, subscribed
from app.schema.flattening.plan import Misshapen
from app.schema.flattening.shaping import shaped
from app.schema.focus import VARIABLE, Focus
from app.schema.price import price_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Sequence

    from graphql import DocumentNode, MiddlewareManager
    from graphql.execution.values import VariableValues
    from strawberry.extensions.runner import SchemaExtensionsRunner
    from strawberry.types.execution import ExecutionContext

    from app.schema.context import Context
    from app.schema.execution.plan import ObjectPlan, Operation

ANY_OPERATION: Final = tuple(OperationType)
MUTATION: Final = OperationType.MUTATION
SUBSCRIPTION: Final = (OperationType.SUBSCRIPTION,)
SUGGESTION: Final = " Did you mean "


class Request(Struct, frozen=True, eq=False):
    """What is asked: a document, its variables, who asks, what kinds of operations may be run, whether the answer tells
    what it costs, and what a subscription is told of."""

    asking: Asking
    variables: dict[str, Any]
    context: Context
    allowed: Iterable[OperationType]
    tells_cost: bool
    source: Any = None


class PlannedSchema(strawberry.Schema):
    """A schema whose operations run by plans once `prepare` is called; `runs` counts those that did ("planned"), and
    those that graphql-core ran ("graphql-core")."""

    preparing: Preparing
    runs: Counter[str]

    def prepare(self, preparing: Preparing) -> None:
        """Have operations prepared this way."""
        self.preparing = preparing
        self.runs = Counter()

    def mutates(self, query: str, operation_name: str | None) -> bool:
        """Whether a document runs a mutation; it is prepared for that, within the limits. One that is refused runs
        nothing. Raises CannotGetOperationTypeError."""
        prepared = self.preparing.prepared(Asking(query, operation_name, None))
        return isinstance(prepared, Prepared) and prepared.kind is MUTATION

    def named(self, query: str, operation_name: str | None, focus: Focus | None) -> tuple[str, str]:
        """The kind and the name of the operation of a document that was executed; "" where it could not be read."""
        found = self.preparing.documents.seen(Asking(query, operation_name, focus.type if focus else None))
        if found is None or found.operation is None:
            return "", ""
        operation = found.operation
        return operation.operation.value, operation.name.value if operation.name else ""

    async def execute(  # noqa: PLR0913, PLR0917 - Strawberry's signature
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """The answer to a request; a Focus as root value is where its document begins, `{"cost": true}` as extensions
        asks what it costs. Raises MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError."""
        if not query:
            raise MissingQueryError
        variables, focus = variable_values or {}, None
        if isinstance(root_value, Focus):
            variables, focus = {**variables, VARIABLE: root_value.id}, root_value.type
        allowed = ANY_OPERATION if allowed_operation_types is None else allowed_operation_types
        tells_cost = operation_extensions is not None and operation_extensions.get(COST) is True
        request = Request(Asking(query, operation_name, focus), variables, context_value, allowed, tells_cost)
        if not self.extensions:
            return await self._answer(request)
        watched = self._create_execution_context(
            query, allowed, variables, context_value, root_value, operation_name, operation_extensions
        )
        return await self._watched_answer(request, watched)

    def subscribed(
        self, query: str, variable_values: dict[str, Any] | None, operation_name: str | None
    ) -> Subscribed | ExecutionResult:
        """What a document subscribes to, or why it is refused. Raises CannotGetOperationTypeError,
        InvalidOperationTypeError where it is no subscription."""
        asking = Asking(query, operation_name, None)
        prepared = self._prepared(asking, SUBSCRIPTION)
        if isinstance(prepared, Refused):
            return self._refused(prepared.errors)
        variables = prepared.variables.values(variable_values or {})
        if isinstance(variables, list):
            return self._refused(variables)
        refusal = self._too_costly(prepared, price_of(prepared.price, variables.coerced))
        try:
            return self._refused([refusal]) if refusal else subscribed(self._schema, prepared, variables)
        except GraphQLError as error:
            return self._refused([error])

    async def tell(
        self,
        query: str,
        variable_values: dict[str, Any] | None,
        operation_name: str | None,
        context: Context,
        source: Any,
    ) -> ExecutionResult:
        """What a subscription answers of `source`. Raises OutOfTime."""
        asking = Asking(query, operation_name, None)
        return await self._answer(Request(asking, variable_values or {}, context, SUBSCRIPTION, False, source))

    async def _answer(self, request: Request) -> ExecutionResult:
        prepared = self._prepared(request.asking, request.allowed)
        if isinstance(prepared, Refused):
            return self._refused(prepared.errors)
        result = await self._executed(prepared, request, None)
        if request.tells_cost:
            result.extensions = self._cost(prepared, request)
        return result

    async def _watched_answer(self, request: Request, watched: ExecutionContext) -> ExecutionResult:
        """As `_answer`, with Strawberry's extensions around each of its steps; one that raises refuses the request."""
        extensions = self.get_extensions()
        for extension in extensions:
            extension.execution_context = watched
        runner = self.create_extensions_runner(watched, extensions)
        middleware = self._get_middleware_manager(extensions)
        try:
            async with runner.operation():
                result = watched.result = await self._steps(request, watched, runner, middleware)
        except (CannotGetOperationTypeError, InvalidOperationTypeError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever an extension raises, as Strawberry has it
            result = self._refused([GraphQLError(str(error), original_error=error)])
        result.extensions = {**(result.extensions or {}), **await runner.get_extensions_results(watched)}
        return result

    async def _steps(
        self,
        request: Request,
        watched: ExecutionContext,
        runner: SchemaExtensionsRunner,
        middleware: MiddlewareManager | None,
    ) -> ExecutionResult:
        """What an extension answers instead when execution begins is the result."""
        async with runner.parsing():
            prepared = self._prepared(request.asking, request.allowed)
            watched.graphql_document = prepared.document
        if prepared.document:
            async with runner.validation():
                watched.pre_execution_errors = list(prepared.errors) if isinstance(prepared, Refused) else []
        if isinstance(prepared, Refused):
            return self._refused(prepared.errors)
        async with runner.executing():
            if watched.result is None:
                watched.result = await self._executed(prepared, request, middleware)
        if request.tells_cost and watched.result is not None:
            watched.result.extensions = self._cost(prepared, request)
        return cast("ExecutionResult", watched.result)

    def _prepared(self, asking: Asking, allowed: Iterable[OperationType]) -> Prepared | Refused:
        prepared = self.preparing.prepared(asking)
        if prepared.kind and prepared.kind not in allowed:
            raise InvalidOperationTypeError(prepared.kind)
        return prepared

    async def _executed(
        self, prepared: Prepared, request: Request, middleware: MiddlewareManager | None
    ) -> ExecutionResult:
        variables = prepared.variables.values(request.variables)
        if isinstance(variables, list):
            return self._told(None, variables)
        price = prepared.price if type(prepared.price) is int else price_of(prepared.price, variables.coerced)
        request.context.cost = price
        if refusal := self._too_costly(prepared, price):
            return self._told(None, [refusal])
        try:
            operation = self.preparing.operation(prepared, request.asking, variables)
        except Misshapen as misshapen:
            return self._told(None, misshapen.errors)
        if request.context.course:
            request.context.course.mark("plan")
        try:
            if operation.root is None or (middleware and middleware.middlewares):
                self.runs["graphql-core"] += 1
                data, errors = await self._by_graphql_core(operation.document, request, middleware)
                await Room(request.context.max_answer).look(data)
            else:
                self.runs["planned"] += 1
                data, errors = await _planned(operation, operation.root, variables, request)
        except AnswerTooLarge as large:
            # A mutation was carried out: its error has a path, as those have that come after the beginning.
            path = [_first_key(prepared)] if prepared.kind is MUTATION else None
            return self._told(None, [GraphQLError(large.en, path=path, original_error=large)])
        if request.context.course:
            request.context.course.mark("finish" if operation.root else "graphql-core")
        if errors and prepared.kind is not MUTATION:
            _raise_out_of_time(errors)
        if operation.shape is not None and data is not None:
            data, errors = shaped(data, operation.shape, errors)
        return self._told(data, errors)

    def _too_costly(self, prepared: Prepared, price: int) -> GraphQLError | None:
        if price <= self.preparing.max_cost:
            return None
        refusal = too_costly(price, self.preparing.max_cost)
        return GraphQLError(refusal.en, prepared.operation, original_error=refusal)

    async def _by_graphql_core(
        self, document: DocumentNode, request: Request, middleware: MiddlewareManager | None
    ) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        result = await await_maybe(
            execute(
                self._schema,
                document,
                request.source,
                variable_values=request.variables,
                context_value=request.context,
                operation_name=request.asking.operation_name,
                middleware=middleware,
                executor_class=StrawberryGraphQLCoreExecutionContext,
            )
        )
        return result.data, list(result.errors or ())

    def _cost(self, prepared: Prepared, request: Request) -> dict[str, Any] | None:
        """What `extensions` tell of the price; None where the variables do not fit, and there is none."""
        variables = prepared.variables.values(request.variables)
        if isinstance(variables, list):
            return None
        return {COST: {"price": price_of(prepared.price, variables.coerced), "limit": self.preparing.max_cost}}

    def _refused(self, errors: Sequence[GraphQLError]) -> ExecutionResult:
        told = self._told(None, errors)
        return PreExecutionError(told.data, told.errors)

    def _told(self, data: dict[str, Any] | None, errors: Sequence[GraphQLError]) -> ExecutionResult:
        """The result; an error is logged only where no user caused it, and never with its text. A schema that is
        closed is not given away by suggestions."""
        if not errors:
            return ExecutionResult(data, None)
        listed = told(errors)
        for error in listed:
            log_unexpected(error)
            _let_go_of_what_went_on(error)
            if self.config.disable_field_suggestions:
                error.message = error.message.partition(SUGGESTION)[0]
        return ExecutionResult(data, listed)


def _planned(
    operation: Operation, root: ObjectPlan, variables: VariableValues, request: Request
) -> Awaitable[tuple[dict[str, Any] | None, list[GraphQLError]]]:
    context = request.context
    if operation.alone and not context.course:  # who wants to know the course sees the level below the root
        return run_alone(operation.alone, operation, root, variables, context)
    return run(operation, root, variables, context, request.source)


def _let_go_of_what_went_on(error: BaseException | None) -> None:
    """Of an error that is told nobody needs the frames, which refer to it in turn, and to all documents: Python would
    free them after a search only."""
    while error is not None:
        error.__traceback__ = None
        error.__context__ = error.__cause__ = None
        error = getattr(error, "original_error", None)


def _first_key(prepared: Prepared) -> str | int:
    """Where the answer to an operation begins."""
    fields = (each for each in prepared.operation.selection_set.selections if isinstance(each, FieldNode))
    first = next(fields, None)
    return (first.alias or first.name).value if first else prepared.operation.operation.value


def _raise_out_of_time(errors: Sequence[GraphQLError]) -> None:
    """Raise OutOfTime where that is why something could not be read: half an answer must not look like a whole one."""
    for error in errors:
        cause = cause_of(error)
        if isinstance(cause, OutOfTime):
            raise cause.with_traceback(None)
