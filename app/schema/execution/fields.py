"""How a selected field gets its value: from the document it stands in, or from a resolver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLNonNull
from msgspec import Struct
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.nodes import convert_selections

from app.schema.execution.completion import plain
from app.schema.execution.run import Promise
from app.schema.types.fields import ResolvedField, from_document
from app.schema.types.navigation import navigated
from app.schema.types.target import TargetField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FragmentDefinitionNode, GraphQLField
    from graphql.execution.values import VariableValues
    from strawberry.types.field import StrawberryField
    from strawberry.types.nodes import Selection

    from app.schema.context import Context
    from app.schema.execution.places import Place
    from app.schema.execution.plan import Asked, Complete, Read
    from app.schema.execution.run import Run

TYPENAME: Final = "__typename"


class Unplannable(Exception):
    """The operation has something that a plan does not express."""


@dataclass(frozen=True, slots=True)
class Selecting:
    """What Strawberry wants to know for telling what is selected below a field."""

    fragments: Mapping[str, FragmentDefinitionNode]
    variable_values: VariableValues


class PlanInfo(Struct, eq=False):
    """What a resolver may ask: the part of `strawberry.Info` that resolvers of this schema use."""

    context: Context
    asked: Asked
    run: Run

    @property
    def selected_fields(self) -> list[Selection]:
        """As `strawberry.Info.selected_fields`."""
        return convert_selections(Selecting(self.run.fragments, self.run.variables), self.asked.nodes)  # type: ignore[arg-type] # it reads these two

    def selects(self, name: str) -> bool:
        """Whether a field of that name is selected of the objects in this field."""
        return any(each.name == name for plan in self.asked.objects.values() for each in plan.asked.values())


def definition_of(field: GraphQLField) -> StrawberryField | None:
    """Strawberry's field behind one of the schema; None for __typename and its like."""
    found: StrawberryField | None = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return found


def read(asked: Asked, navigated_path: str | None) -> Read:
    """How the plan of an object reads a field, whose `complete` is known. `navigated_path` is the FHIR path of a list
    that has arguments for navigation. Raises Unplannable."""
    definition = definition_of(asked.definition)
    if isinstance(definition, TargetField):
        return _computed(asked, _reference(asked))
    if isinstance(definition, ResolvedField):
        return _computed(asked, _resolved(asked, definition))
    if asked.name == TYPENAME:
        return _computed(asked, _constant(asked.parent.name))
    if definition is None or not definition.is_basic_field:
        raise Unplannable
    if asked.nodes[0].arguments and navigated_path:
        return _computed(asked, _navigated(asked, navigated_path))
    if asked.required:
        return _computed(asked, _required(asked))
    return asked.key, asked.name, plain(asked.definition.type), asked.complete, False


def _computed(asked: Asked, complete: Complete) -> Read:
    return asked.key, None, None, complete, asked.required


def _constant(value: str) -> Complete:
    def constant(_source: Any, _place: Place, _run: Run) -> str:
        return value

    return constant


def _required(asked: Asked) -> Complete:
    name, complete = asked.name, asked.complete

    def required(source: Any, place: Place, run: Run) -> Any:
        return complete(from_document(source, name), place, run)

    return required


def _navigated(asked: Asked, path: str) -> Complete:
    name, complete = asked.name, asked.complete

    def navigate(source: Any, place: Place, run: Run) -> Any:
        context, arguments = run.context, asked.arguments(run)
        items = navigated(from_document(source, name), arguments, path, context.fhirpaths, context.max_rows)
        return None if items is None else complete(items, place, run)

    return navigate


def _reference(asked: Asked) -> Complete:
    def refer(source: Any, place: Place, run: Run) -> None:
        run.references.append((asked, source, place, run.weight))

    return refer


def _resolved(asked: Asked, definition: ResolvedField) -> Complete:
    resolve, complete = definition.resolve, asked.complete
    nullable = not isinstance(asked.definition.type, GraphQLNonNull)

    def resolved(source: Any, place: Place, run: Run) -> Any:
        answer = resolve(source, PlanInfo(run.context, asked, run), **asked.arguments(run))
        if hasattr(answer, "__await__"):
            run.promises.append(Promise(answer, asked, place, run.weight))
            return None
        return None if answer is None and nullable else complete(answer, place, run)

    return resolved
