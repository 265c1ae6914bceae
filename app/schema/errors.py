"""GraphQL errors as users see them: no value that was sent, no stored data, no stack trace.

`extensions.code` is a FHIR issue type, `extensions.resource` an OperationOutcome with every issue.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from graphql import (
    GraphQLError,
    GraphQLSyntaxError,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    print_ast,
)

from app.errors import UNEXPECTED, DmiError, Issue, origin
from app.fhir.outcome import operation_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGGER = logging.getLogger("dmi")

_UNFIT: Final = Issue(
    "error",
    "structure",
    "The stored value at this path does not fit its FHIR type and is not shown. Validate the resource to see why.",
    "La valeur enregistrée à cet endroit ne correspond pas à son type FHIR et n’est pas montrée. "
    "Validez la ressource pour en connaître la raison.",
)
_DEEP: Final = Issue(
    "error",
    "too-costly",
    "The query is nested too deeply. Ask for fewer levels at once.",
    "La requête comporte trop de niveaux d’imbrication. Demandez moins de niveaux à la fois.",
)
_FOUND: Final = re.compile(r"(Unexpected|found) (String|BlockString|Name|Int|Float)\b.*", re.DOTALL)
_EXPECTED_TYPE: Final = re.compile(r"^(?:Expected value of type '([\w\[\]!]+)'|(\w+) cannot represent)")


def shown(error: GraphQLError, language: str) -> GraphQLError:
    """The error in the form that leaves the server; what is not meant for users is replaced."""
    issues, message, code = _said(error, language)
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, "resource": operation_outcome(issues, language)},
    )


def log_unexpected(error: GraphQLError) -> None:
    """Log where an error that no user caused came from: type and place, never its text, which may hold data."""
    cause = _cause(error)
    if cause is None or isinstance(cause, DmiError | RecursionError):
        return
    LOGGER.error("unexpected %s, path %s", origin(cause), error.path)


def _said(error: GraphQLError, language: str) -> tuple[Sequence[Issue], str, str]:
    cause = _cause(error)
    if isinstance(cause, DmiError):
        return cause.issues, cause.fr if language == "fr" else cause.en, cause.code
    if isinstance(cause, RecursionError):
        issue = _DEEP
    elif cause is not None:
        issue = UNEXPECTED
    elif error.path is not None:
        issue = _UNFIT
    else:
        text = _without_values(error)
        issue = Issue("error", "invalid", text, text)
    return [issue], issue.fr if language == "fr" else issue.en, issue.code


def _cause(error: GraphQLError) -> Exception | None:
    """The exception that is no GraphQLError behind an error; None where GraphQL itself refused."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _without_values(error: GraphQLError) -> str:
    """GraphQL's own message on a document or its variables, told without the values they hold."""
    node = error.nodes[0] if error.nodes else None
    if isinstance(error, GraphQLSyntaxError):
        return _FOUND.sub(r"\1 \2.", error.message)
    if isinstance(node, VariableDefinitionNode) and "invalid value" in error.message:
        return f"Variable '${node.variable.name.value}' has no value, or one that does not fit {print_ast(node.type)}."
    if isinstance(node, ValueNode) and not isinstance(node, VariableNode):
        expected = _EXPECTED_TYPE.match(error.message)
        type_ = f" {expected[1] or expected[2]}" if expected else ""
        return f"A value in the document does not fit its expected type{type_}."
    return error.message
