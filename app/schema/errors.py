"""GraphQL errors as users see them: no value that was sent, no stored data, no stack trace.

`extensions.code` is a FHIR issue type, `extensions.resource` an OperationOutcome with every issue; where another
version was expected, `extensions.currentVersion` is the one to read again.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    print_ast,
)

from app.errors import UNEXPECTED, DmiError, Issue, UnfitStored, VersionConflict, origin
from app.fhir.outcome import operation_outcome
from app.schema.limits import MOST_COMPARED

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGGER = logging.getLogger("dmi")

_DEEP: Final = (
    "too-costly",
    "The query is nested too deeply to be read, far beyond what DMI_MAX_DEPTH allows. Ask for fewer levels at once, "
    "and send what is nested in variables.",
    "La requête comporte trop de niveaux d’imbrication pour être lue, bien au-delà de ce que permet DMI_MAX_DEPTH. "
    "Demandez moins de niveaux à la fois, et envoyez dans des variables ce qui est imbriqué.",
    "DMI_MAX_DEPTH",
)
_LONG: Final = (
    "too-costly",
    "The query has more than {most} tokens (DMI_MAX_TOKENS). Ask for less at once.",
    "La requête comporte plus de {most} mots (DMI_MAX_TOKENS). Demandez-en moins à la fois.",
    "DMI_MAX_TOKENS",
)
_REPEATED: Final = (
    "too-costly",
    f"The document selects fields of one name so often that they would be compared more than {MOST_COMPARED} times, or "
    "has more than 100 errors. Select each field once.",
    "Le document sélectionne si souvent des champs de même nom qu’il faudrait plus de "
    f"{MOST_COMPARED} comparaisons, ou comporte plus de 100 erreurs. Sélectionnez chaque champ une seule fois.",
    "repeated-fields",
)
_SCHEMA: Final = (
    "too-costly",
    "A look at the schema goes from lists (fields, inputFields, interfaces, possibleTypes) to the lists of their types "
    "twice at most. Ask for the types by their names (__type), or by the standard introspection query.",
    "Une lecture du schéma passe deux fois au plus des listes (fields, inputFields, interfaces, possibleTypes) à "
    "celles de leurs types. Demandez les types par leur nom (__type), ou par la requête d’introspection standard.",
    "introspection-depth",
)
_VARIABLE: Final = (
    "invalid",
    "Variable ${name} has no value, or one that does not fit {type}.",
    "La variable ${name} n’a pas de valeur, ou une valeur qui ne correspond pas à {type}.",
)
_VALUE: Final = (
    "invalid",
    "A value in the document does not fit its expected type {type}.",
    "Une valeur du document ne correspond pas au type attendu {type}.",
)
_GRAPHQL: Final = ("invalid", "{message}", "La requête GraphQL n’est pas valable. Message de GraphQL : {message}")
_FOUND: Final = re.compile(r"(Unexpected|found) (String|BlockString|Name|Int|Float)\b.*", re.DOTALL)
_EXPECTED_TYPE: Final = re.compile(r"^(?:Expected value of (?:non-null )?type '([\w\[\]!]+)'|(\w+) cannot represent)")
_NUMBER: Final = re.compile(r"\d+")
_ABORTED: Final = (
    ("Syntax Error: Document contains more than", _LONG),
    ("Syntax Error: Document is nested too deeply", _DEEP),
    ("Validation aborted", _REPEATED),
    ("Maximum introspection depth exceeded", _SCHEMA),
)


def shown(error: GraphQLError, language: str) -> GraphQLError:
    """The error in the form that leaves the server; what is not meant for users is replaced."""
    issues, message, code = _said(error, language)
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, "resource": operation_outcome(issues, language), **_current(error)},
    )


def log_unexpected(error: GraphQLError) -> None:
    """Log where an error that no user caused came from: type and place, never its text, which may hold data."""
    cause = cause_of(error)
    if cause is None or not _is_unexpected(error, cause):
        return
    LOGGER.error("unexpected %s, path %s", origin(cause), error.path)


def _current(error: GraphQLError) -> dict[str, str]:
    """The version to read again, where another one was expected."""
    cause = cause_of(error)
    return {"currentVersion": str(cause.current)} if isinstance(cause, VersionConflict) else {}


def _said(error: GraphQLError, language: str) -> tuple[Sequence[Issue], str, str]:
    cause = cause_of(error)
    if cause is None and _about_stored_data(error):
        cause = UnfitStored()
    if isinstance(cause, DmiError):
        return cause.issues, cause.fr if language == "fr" else cause.en, cause.code
    issue = UNEXPECTED if _is_unexpected(error, cause) else _about_request(error, cause)
    return [issue], issue.fr if language == "fr" else issue.en, issue.code


def cause_of(error: GraphQLError) -> Exception | None:
    """The exception that is no GraphQLError behind an error; None where GraphQL itself refused."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _is_unexpected(error: GraphQLError, cause: Exception | None) -> bool:
    """Neither a user's error, nor a document that Python's parser cannot hold: too deep, or a number too long."""
    too_large = isinstance(cause, RecursionError) or (isinstance(cause, ValueError) and error.path is None)
    return cause is not None and not too_large and not isinstance(cause, DmiError)


def _about_stored_data(error: GraphQLError) -> bool:
    """Whether GraphQL could not show what a resolver answered: it then names fields, and never values or arguments."""
    return error.path is not None and all(isinstance(node, FieldNode) for node in error.nodes or ())


def _about_request(error: GraphQLError, cause: Exception | None) -> Issue:
    """GraphQL's own message on a document or its variables, told without the values they hold."""
    node = error.nodes[0] if error.nodes else None
    if isinstance(cause, RecursionError):
        return _issue(_DEEP)
    for start, told in _ABORTED:
        if error.message.startswith(start):
            limit = _NUMBER.search(error.message)
            return _issue(told, most=limit[0] if limit else "")
    if isinstance(node, VariableDefinitionNode) and "invalid value" in error.message:
        return _issue(_VARIABLE, name=node.variable.name.value, type=print_ast(node.type))
    if cause is not None or (isinstance(node, ValueNode) and not isinstance(node, VariableNode)):
        expected = _EXPECTED_TYPE.match(error.message)
        return _issue(_VALUE, type=(expected[1] or expected[2]) if expected else "")
    syntax = isinstance(error, GraphQLSyntaxError)
    return _issue(_GRAPHQL, message=_FOUND.sub(r"\1 \2.", error.message) if syntax else error.message)


def _issue(told: Sequence[str], **facts: str) -> Issue:
    code, en, fr, *rule = told
    return Issue("error", code, en.format(**facts), fr.format(**facts), rule="".join(rule))
