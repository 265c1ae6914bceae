"""The shape that an operation asks for, known before it is executed.

Fields are collected as the executor collects them: through fragments, by type, after @skip and @include. A field that
is selected several times is one field, so it has one set of directives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graphql import (
    FragmentDefinitionNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_directive_values,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields

from app.schema.flattening.directives import FIRST, FLATTEN, SINGLETON, SLICE
from app.schema.flattening.hidden import PREFIX, with_hidden_fields
from app.schema.flattening.problems import (
    DIFFERING,
    FLATTEN_LEAF,
    RESERVED,
    SLICE_AND_FIRST,
    SLICE_PATH,
    problem,
    too_many_shapes,
)
from app.schema.flattening.shape import NONE, Directives, Field
from app.schema.flattening.slicing import names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import (
        DocumentNode,
        FieldNode,
        GraphQLError,
        GraphQLNamedType,
        GraphQLSchema,
        OperationDefinitionNode,
    )
    from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
    from graphql.execution.values import VariableValues

    from app.schema.flattening.shape import Shape

MOST_SHAPES: Final = 5_000
"""Selections of one operation that are looked at; fragments that combine could make them grow beyond all bounds."""

_INTERFACES: Final = ("Reference", "Resource")


class Misshapen(Exception):
    """The directives of an operation cannot be followed; `errors` tells every place and why."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("the directives of the operation cannot be followed")
        self.errors = list(errors)


@dataclass(frozen=True, slots=True)
class Plan:
    """The document to execute, and the shape to give to its answer."""

    document: DocumentNode
    shape: Shape


@dataclass(frozen=True, slots=True)
class _Request:
    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues

    def selected(self, type_: GraphQLObjectType, fields: FieldDetailsList) -> GroupedFieldSet:
        """What is selected in a field whose value is of that type."""
        return collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, type_, fields
        ).grouped_field_set


def plan_of(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: VariableValues
) -> Plan:
    """The plan for an operation of a valid document. Raises Misshapen."""
    operation = get_operation_ast(document, operation_name)
    root = schema.get_root_type(operation.operation) if operation else None
    if operation is None or root is None:
        raise TypeError("a valid document has the operation, and the schema its root")
    definitions = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
    fragments = {each.name.value: FragmentDetails(each) for each in definitions}
    request = _Request(schema, operation, fragments, variables)
    planning = _Planning(request)
    selected = collect_fields(schema, request.fragments, variables, root, operation).grouped_field_set
    shape = planning.shape(root, selected)
    if planning.problems:
        raise Misshapen(list(planning.problems.values()))
    return Plan(with_hidden_fields(document, schema, planning.slices), shape)


class _Planning:
    """Walks the selections of one request, each once for each type of object it applies to."""

    def __init__(self, request: _Request) -> None:
        self._request = request
        self._shapes: dict[tuple[object, ...], Shape] = {}
        self.slices: dict[int, tuple[str, ...]] = {}
        self.problems: dict[tuple[str, int], GraphQLError] = {}

    def shape(self, type_: GraphQLObjectType, selected: GroupedFieldSet) -> Shape:
        """The shape of an object of that type in which these fields are selected."""
        return tuple(self._field(type_, key, fields) for key, fields in selected.items())

    def _field(self, parent: GraphQLObjectType, key: str, fields: FieldDetailsList) -> Field:
        node = fields[0].node
        definition = self._request.schema.get_field(parent, node.name.value)
        if definition is None:
            raise TypeError("a valid document selects fields that exist")
        type_ = get_named_type(definition.type)
        below = self._below(type_, fields)
        directives = self._directives(type_, fields)
        if key.startswith(PREFIX):
            self._refuse(RESERVED, node)
        abstract = is_abstract_type(type_)
        inside = (field for shape in below.values() for field in shape)
        return Field(
            key=key,
            type=_fhir_type(type_),
            many=is_list_type(get_nullable_type(definition.type)),
            node=node,
            directives=directives,
            below=below,
            abstract=abstract,
            kept=not below or (not (abstract or directives.slice) and all(field.plain for field in inside)),
        )

    def _below(self, type_: GraphQLNamedType, fields: FieldDetailsList) -> dict[str, Shape]:
        objects: Sequence[GraphQLObjectType] = [type_] if isinstance(type_, GraphQLObjectType) else ()
        if is_abstract_type(type_):
            objects = self._request.schema.get_possible_types(type_)
        return {each.name: self._object(each, fields) for each in objects}

    def _object(self, type_: GraphQLObjectType, fields: FieldDetailsList) -> Shape:
        key = (type_.name, *(id(field.node) for field in fields))
        if key not in self._shapes:
            if len(self._shapes) >= MOST_SHAPES:
                raise Misshapen([too_many_shapes(MOST_SHAPES)])
            self._shapes[key] = self.shape(type_, self._request.selected(type_, fields))
        return self._shapes[key]

    def _directives(self, type_: GraphQLNamedType, fields: FieldDetailsList) -> Directives:
        directives, *others = [self._directives_of(field.node) for field in fields]
        node = fields[0].node
        if any(each != directives for each in others):
            self._refuse(DIFFERING, node)
        if directives.flatten and is_leaf_type(type_):
            self._refuse(FLATTEN_LEAF, node)
        if directives.slice is not None and directives.first:
            self._refuse(SLICE_AND_FIRST, node)
        if directives.slice is not None:
            names = names_of(directives.slice, type_)
            if names is None:
                self._refuse(SLICE_PATH, node)
            else:
                self.slices.update((id(field.node), names) for field in fields)
        return directives

    def _directives_of(self, node: FieldNode) -> Directives:
        if not node.directives:
            return NONE
        names = {directive.name.value for directive in node.directives}
        arguments = get_directive_values(SLICE, node, self._request.variables)
        return Directives(
            FLATTEN.name in names,
            FIRST.name in names,
            SINGLETON.name in names,
            arguments["path"] if arguments else None,
        )

    def _refuse(self, rule: str, node: FieldNode) -> None:
        self.problems.setdefault((rule, id(node)), problem(rule, node))


def _fhir_type(type_: GraphQLNamedType) -> str:
    """The name of a FHIR type: a reference is a Reference and a resource a Resource, whichever it is."""
    interfaces = type_.interfaces if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else ()
    return next((each.name for each in interfaces if each.name in _INTERFACES), type_.name)
