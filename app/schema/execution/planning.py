"""Makes a plan of an operation: its selections are collected as graphql-core collects them, once for each type of
object, and every field is composed with what its value becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNonNull,
    OperationType,
    get_operation_ast,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields

from app.fhir.served import SERVED
from app.schema.execution.alone import alone_in
from app.schema.execution.completion import completion
from app.schema.execution.fields import Unplannable, definition_of, read
from app.schema.execution.generation import generate
from app.schema.execution.plan import Asked, ObjectPlan, Operation
from app.schema.types.fields import ResolvedField
from app.schema.types.target import TargetField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import DocumentNode, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
    from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
    from graphql.execution.values import VariableValues

    from app.schema.flattening.shape import Shape
    from app.schema.types.navigation import ListElement

MOST_FIELDS: Final = 2_000
"""Fields that a plan may have, which takes a tenth of a second to make: fragments that combine could make them grow
beyond all bounds."""
ALWAYS: Final = frozenset({"resourceType", "id", "meta", "contained"})


class Planner:
    """Makes plans for one schema; `lists` are its fields with arguments for navigation."""

    def __init__(self, schema: GraphQLSchema, lists: Sequence[ListElement]) -> None:
        self.schema = schema
        self.paths = {(each.type, each.name): each.path for each in lists}

    def plan(
        self, document: DocumentNode, operation_name: str | None, variables: VariableValues, shape: Shape | None
    ) -> Operation:
        """An operation of a valid document, planned if it can be, as those variables have it that directives name."""
        operation = get_operation_ast(document, operation_name)
        root = self.schema.get_root_type(operation.operation) if operation else None
        if operation is None or root is None:
            return Operation(document, shape)
        definitions = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        details = {each.name.value: FragmentDetails(each) for each in definitions}
        planning = _Planning(self, operation, details, variables)
        try:
            planned = planning.root(root)
            return Operation(
                document,
                shape,
                planned,
                serial=operation.operation is OperationType.MUTATION,
                fragments={each.name.value: each for each in definitions},
                elements=planning.elements(),
                size=planning.size,
                repeats=planning.repeats,
                alone=alone_in(planned) if operation.operation is OperationType.QUERY else None,
            )
        except (Unplannable, GraphQLError):  # graphql-core has its own place for each error
            return Operation(document, shape)


class _Planning:
    """Plans one operation."""

    def __init__(
        self,
        planner: Planner,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
    ) -> None:
        self._planner = planner
        self._operation = operation
        self._fragments = fragments
        self._variables = variables
        self._objects: dict[tuple[object, ...], ObjectPlan] = {}
        self._anything = False  # whether some resolver may read what it likes
        self._read: dict[str, set[str]] = {}
        self.size = 0
        self.repeats = False

    def root(self, type_: GraphQLObjectType) -> ObjectPlan:
        """The plan of the operation's root."""
        collected = collect_fields(self._planner.schema, self._fragments, self._variables, type_, self._operation)
        plan = ObjectPlan(type_)
        self._fill(plan, collected.grouped_field_set)
        generate([*self._objects.values(), plan])
        return plan

    def elements(self) -> Mapping[str, frozenset[str]]:
        """What is read of each type of resource; empty where that is not known."""
        if self._anything:
            return {}
        return {name: ALWAYS | elements for name, elements in self._read.items() if name != "Bundle"}

    def _below(self, type_: GraphQLObjectType, asked: Asked, selected: FieldDetailsList) -> ObjectPlan:
        """The plan of the objects of a type in a field; made once for the same selections."""
        key = (type_.name, *(id(each.node) for each in selected))
        plan = self._objects.get(key)
        if plan is None:
            plan = ObjectPlan(type_)
            collected = collect_subfields(
                self._planner.schema, self._fragments, self._variables, self._operation, type_, selected
            )
            self._fill(plan, collected.grouped_field_set)
            self.repeats = self.repeats or len({each.name for each in plan.asked.values()}) < len(plan.asked)
            self._objects[key] = plan
        asked.single = asked.single and plan.single
        asked.refers = asked.refers or plan.refers
        asked.objects[type_.name] = plan
        return plan

    def _fill(self, plan: ObjectPlan, grouped: GroupedFieldSet) -> None:
        self.size += len(grouped)
        if self.size > MOST_FIELDS:
            raise Unplannable
        asked = [self._asked(plan.type, key, selected) for key, selected in grouped.items()]
        plan.asked = {each.key: each for each in asked}
        plan.fields = tuple(read(each, self._planner.paths.get((plan.type.name, each.name))) for each in asked)
        plan.single = all(each.single for each in asked)
        plan.refers = any(each.refers for each in asked)

    def _asked(self, parent: GraphQLObjectType, key: str, selected: FieldDetailsList) -> Asked:
        nodes = [each.node for each in selected]
        definition = self._planner.schema.get_field(parent, nodes[0].name.value)
        if definition is None:
            raise TypeError("a valid document selects fields that exist")
        asked = Asked(key, nodes, definition, parent, isinstance(definition.type, GraphQLNonNull))
        self._note(asked)

        def below(type_: GraphQLObjectType, asked: Asked) -> ObjectPlan:
            return self._below(type_, asked, selected)

        asked.complete = completion(definition.type, asked, below, self._planner.schema.get_possible_types)
        return asked

    def _note(self, asked: Asked) -> None:
        """Note what the field reads of the document it stands in."""
        definition = definition_of(asked.definition)
        resolved = isinstance(definition, ResolvedField)
        reads = definition.reads if isinstance(definition, ResolvedField) else {asked.name}
        asked.refers = resolved
        asked.expected = definition.expected if isinstance(definition, TargetField) else ""
        asked.single = not resolved or bool(asked.expected)
        navigated = asked.nodes[0].arguments
        asked.from_document = definition is not None and not resolved and not navigated
        if reads is None:
            self._anything = True
        elif asked.parent.name in SERVED:
            self._read.setdefault(asked.parent.name, set()).update(reads)
