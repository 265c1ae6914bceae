"""An operation that reads one resource by its id and nothing that this refers to: what a page asks for to show one.

It has no level below it, and nobody to share a store command with, so it is read and built at once. All else – what is
told of errors and of what is not there, long lists, the room of the answer – is as for every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import GraphQLError

from app.fhir.reference import ID
from app.schema.execution.fields import definition_of
from app.schema.execution.run import Run, run
from app.schema.history.versions import absent
from app.schema.types.fields import ResolvedField

if TYPE_CHECKING:
    from graphql.execution.values import VariableValues

    from app.schema.context import Context
    from app.schema.execution.places import Place
    from app.schema.execution.plan import Asked, ObjectPlan, Operation


class Alone(NamedTuple):
    """The field that reads a resource, and the type of that."""

    asked: Asked
    type: str


def alone_in(root: ObjectPlan) -> Alone | None:
    """The field of a root of queries that has no other one and reads so."""
    if len(root.asked) != 1:
        return None
    [asked] = root.asked.values()
    definition = definition_of(asked.definition)
    by_id = definition.by_id if isinstance(definition, ResolvedField) else ""
    given = [each.name.value for each in asked.nodes[0].arguments or ()]
    refers = any(plan.refers for plan in asked.objects.values())
    return Alone(asked, by_id) if by_id and given == ["id"] and not refers else None


async def run_alone(
    alone: Alone, operation: Operation, root: ObjectPlan, variables: VariableValues, context: Context
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """As `run`."""
    state = Run(operation, variables, context)
    id_ = _id(alone.asked, state)
    if id_ is None:
        return await run(operation, root, variables, context)
    data: dict[str, Any] = {alone.asked.key: None}
    place: Place = (None, alone.asked.key, data, False)
    try:
        found = await context.repository.read(alone.type, [id_], operation.elements.get(alone.type))
        resource = found.get(id_)
        if resource is not None:
            data[alone.asked.key] = alone.asked.complete(resource, place, state)
        else:
            await absent(context, alone.type, id_)
    except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the field
        state.fail(error, alone.asked.nodes, place)
    await state.finish()
    return await state.answer(data, repeats=operation.repeats)


def _id(asked: Asked, state: Run) -> str | None:
    """The id that is asked for; None where it is none, which is told as it always is."""
    try:
        id_ = asked.arguments(state)["id"]
    except GraphQLError:
        return None
    return id_ if isinstance(id_, str) and ID.fullmatch(id_) else None
