"""What is done once for a document: it is read, rewritten at its focus, checked, and planned.

What is kept is bounded by the memory it takes, for many small documents or few large ones. A text that cannot be read
is not kept: its error would hold all that was read of it.
https://spec.graphql.org/October2021/#sec-Executing-Requests
"""

from __future__ import annotations

from dataclasses import dataclass
from sys import getsizeof
from typing import TYPE_CHECKING, Final, NamedTuple

from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.graphql import OperationType

from app.schema.cost import Pricing
from app.schema.execution.arguments import Variables
from app.schema.execution.latest import Latest
from app.schema.flattening.directives import is_shaped
from app.schema.flattening.plan import Misshapen, plan_of
from app.schema.focus import focused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import ASTValidationRule, DirectiveNode, DocumentNode, GraphQLSchema
    from graphql.execution.values import VariableValues

    from app.schema.execution.plan import Operation
    from app.schema.execution.planning import Planner
    from app.schema.price import Price
    from app.settings import Settings

ROOM: Final = 100_000_000
"""Bytes that documents may take which are kept, and as much again their plans."""
LOCATED: Final = 20_000
LINES: Final = 1_000
"""Characters and lines of documents whose errors tell lines and columns. These are counted anew for each error: a
thousand errors below half a million empty lines would take minutes."""
_ENTRY, _TOKEN, _ERROR, _FIELD = 3_000, 400, 1_500, 3_500
"""Bytes that each takes: what is kept, a token of a document, an error in it, a field of a plan (as measured)."""


class Asking(NamedTuple):
    """What identifies a prepared document: its text, the operation, and the type of the resource where it begins."""

    query: str
    operation_name: str | None
    focus: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that is not to be run; it, its operation with its kind and the number of its tokens are known
    where it could be read."""

    errors: Sequence[GraphQLError]
    document: DocumentNode | None = None
    operation: OperationDefinitionNode | None = None
    kind: OperationType | None = None
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that was read and checked: the operation to run, its kind, its variables, those of them on which the
    selections depend, what it costs, and the number of the document's tokens."""

    document: DocumentNode
    operation: OperationDefinitionNode
    kind: OperationType
    variables: Variables
    deciding: tuple[str, ...]
    price: Price
    tokens: int


class Preparing:
    """Prepares documents for one schema; keeps the latest `documents` and `operations`.

    `max_cost` is what an operation may cost at most with the values of its variables."""

    def __init__(
        self, schema: GraphQLSchema, planner: Planner, rules: Sequence[type[ASTValidationRule]], settings: Settings
    ) -> None:
        self._schema = schema
        self._planner = planner
        self._rules = (*specified_rules, *rules)
        self._settings = settings
        self.max_cost = settings.max_cost
        self.documents: Latest[Asking, Prepared | Refused] = Latest(ROOM)
        self.operations: Latest[tuple[Asking, tuple[str, ...]], Operation] = Latest(ROOM)

    def prepared(self, asking: Asking) -> Prepared | Refused:
        """The document, read and checked. Raises CannotGetOperationTypeError where it has no such operation."""
        found = self.documents.get(asking)
        if found is None:
            found = self._prepare(asking)
            if found.tokens:
                self.documents.keep(asking, found, _size(asking, found))
        return found

    def operation(self, prepared: Prepared, asking: Asking, variables: VariableValues) -> Operation:
        """The operation as these variables have it. Raises Misshapen where the directives cannot be followed."""
        deciding = prepared.deciding and tuple(
            repr(variables.coerced.get(name, Undefined)) for name in prepared.deciding
        )
        found = self.operations.get((asking, deciding))
        if found is None:
            found = self._planned(prepared.document, asking.operation_name, variables)
            self.operations.keep(
                (asking, deciding), found, _ENTRY + _FIELD * found.size + sum(map(getsizeof, deciding))
            )
        return found

    def _planned(self, document: DocumentNode, name: str | None, variables: VariableValues) -> Operation:
        if not is_shaped(document):
            return self._planner.plan(document, name, variables, None)
        try:
            flattened = plan_of(self._schema, document, name, variables)
        except GraphQLError as error:  # without the value of a directive, nobody knows the shape
            raise Misshapen([error]) from None
        return self._planner.plan(flattened.document, name, variables, flattened.shape)

    def _prepare(self, asking: Asking) -> Prepared | Refused:
        try:
            document = parse(asking.query, no_location=_is_long(asking.query), max_tokens=self._settings.max_tokens)
            tokens = document.token_count
            document = focused(document, asking.focus) if asking.focus else document
        except GraphQLError as error:
            return Refused([error])
        except Exception as error:  # noqa: BLE001 - a document may be more than Python's parser can hold
            return Refused([GraphQLError(str(error), original_error=error)])
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        named = asking.operation_name
        operation = next((each for each in operations if not named or (each.name and each.name.value == named)), None)
        if operation is None:
            raise CannotGetOperationTypeError(named)
        kind = OperationType(operation.operation.value)
        if len(operations) > 1 and not named:
            # As GraphQL's GetOperation demands: https://spec.graphql.org/October2021/#GetOperation()
            return Refused(
                [GraphQLError("The document has several operations. Name one of them in `operationName`.")],
                document,
                operation,
                kind,
                tokens,
            )
        broken = self._broken_rules(document)
        if broken:
            return Refused(broken, document, operation, kind, tokens)
        price = Pricing(self._schema, document, self._settings.max_rows).of(operation)
        variables = Variables(self._schema, operation)
        return Prepared(document, operation, kind, variables, _deciding(document), price, tokens)

    def _broken_rules(self, document: DocumentNode) -> Sequence[GraphQLError]:
        try:
            return validate(self._schema, document, self._rules)
        except RecursionError as error:
            # Without its traceback, which holds all that was looked at and would be kept with the document.
            return [GraphQLError(str(error), original_error=error.with_traceback(None))]


def _is_long(query: str) -> bool:
    return len(query) > LOCATED or query.count("\n") + query.count("\r") > LINES


def _size(asking: Asking, found: Prepared | Refused) -> int:
    """The bytes that a document takes which is kept, about."""
    errors = len(found.errors) if isinstance(found, Refused) else 0
    return _ENTRY + _TOKEN * found.tokens + _ERROR * errors + getsizeof(asking.query)


def _deciding(document: DocumentNode) -> tuple[str, ...]:
    """The names of the variables in directives: with other values the selections may be others."""
    found = _InDirectives()
    visit(document, found)
    return tuple(sorted(found.names))


class _InDirectives(Visitor):
    """Collects the variables that directives name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        """The visitor's hook."""
        arguments = (argument.value for argument in node.arguments or ())
        self.names.update(value.name.value for value in arguments if isinstance(value, VariableNode))
