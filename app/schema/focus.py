"""A document that begins at one resource, as FHIR's `$graphql` at an instance has it: `{ name { given } }`.

There is one schema, so the document is read as `{ Patient(id: …) { name { given } } }`: it is rewritten where it is
parsed already, so that every place an error names is one of the client's own text, and what it may cost is counted as
if the client had written it in full. https://hl7.org/fhir/R4/graphql.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
)

from app.access.refusals import out_of_reach
from app.errors import Forbidden, Gone, NotFound, RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DefinitionNode

    from app.fhir.resource import Json

VARIABLE: Final = "the focus"
"""The variable that carries the id; a blank is in no name that a document can have, so it clashes with none."""

_ID: Final = VariableNode(name=NameNode(value=VARIABLE))
_ID_DEFINITION: Final = VariableDefinitionNode(
    variable=_ID, type=NonNullTypeNode(type=NamedTypeNode(name=NameNode(value="ID"))), directives=()
)
_ID_ARGUMENT: Final = ArgumentNode(name=NameNode(value="id"), value=_ID)


@dataclass(frozen=True, slots=True)
class Focus:
    """The resource at which a document begins; a request with one has it as GraphQL's root value."""

    type: str
    id: str


def focused(document: DocumentNode, type_name: str) -> DocumentNode:
    """The document in which every operation selects from the resource of that type with the id in VARIABLE.

    Raises GraphQLError for one that holds another operation than queries."""
    definitions = tuple(_focused(definition, type_name) for definition in document.definitions)
    return DocumentNode(definitions=definitions, loc=document.loc)


def unfocused(response: Mapping[str, Json], focus: Focus) -> dict[str, Json]:
    """A response as the client's own document has it: data and paths without the step to the resource.

    Raises NotFound where the resource is not there, Gone where it was deleted, Forbidden where it may not be read."""
    if "data" not in response:
        return dict(response)
    data = (response["data"] or {}).get(focus.type)
    for error in response.get("errors", ()):
        if error.get("path") == [focus.type]:
            _raise_again(error["extensions"]["code"], focus)
    if data is None and "errors" not in response:
        raise NotFound(
            f"There is no {focus.type} of that id on this server.",
            f"Il n’y a pas de {focus.type} ayant cet id sur ce serveur.",
        )
    errors = [_relative(error) for error in response.get("errors", ())]
    return {**response, "data": data, **({"errors": errors} if errors else {})}


def _raise_again(code: str, focus: Focus) -> None:
    """An error of the resource itself, not of one that it refers to, is one of the request."""
    if code == Gone.code:
        raise Gone(f"{focus.type}/{focus.id}")
    if code == Forbidden.code:
        raise out_of_reach()


def _relative(error: Mapping[str, Json]) -> Mapping[str, Json]:
    """An error at the resource itself has the empty path."""
    return {**error, "path": error["path"][1:]} if "path" in error else error


def _focused(definition: DefinitionNode, type_name: str) -> DefinitionNode:
    if not isinstance(definition, OperationDefinitionNode):
        return definition
    if definition.operation is not OperationType.QUERY:
        refusal = RequestError(
            "At a resource there are only queries. Send the operation to [base]/$graphql.",
            "Sur une ressource, seules les requêtes de lecture sont possibles. Envoyez l’opération à [base]/$graphql.",
        )
        raise GraphQLError(refusal.en, definition, original_error=refusal)
    place = definition.selection_set.loc
    resource = FieldNode(
        name=NameNode(value=type_name, loc=place),
        arguments=(_ID_ARGUMENT,),
        directives=(),
        selection_set=definition.selection_set,
        loc=place,
    )
    return OperationDefinitionNode(
        operation=definition.operation,
        name=definition.name,
        variable_definitions=(*(definition.variable_definitions or ()), _ID_DEFINITION),
        directives=definition.directives,
        selection_set=SelectionSetNode(selections=(resource,), loc=place),
        loc=definition.loc,
    )
