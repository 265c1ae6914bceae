"""An operation that reads one resource by its id, and follows none of its references: most requests of a page that
shows one.

It has one level and one store command, so nothing is to be collected or waited for: the resource is read and built at
once. As nothing in it refers to anything, building it leaves at most long lists to be finished. All else – what is told
of errors and of what is not there, the room of the answer – is as for every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import VariableNode

from app.fhir.reference import ID
from app.schema.execution.fields import definition_of
from app.schema.execution.run import Run, run
from app.schema.history.versions import absent
from app.schema.types.fields import ResolvedField

if TYPE_CHECKING:
    from graphql import GraphQLError
    from graphql.execution.values import VariableValues

    from app.schema.context import Context
    from app.schema.execution.places import Place
    from app.schema.execution.plan import Asked, ObjectPlan, Operation


class Alone(NamedTuple):
    """The field that reads a resource, the type of that, and the variable that has its id (None: the document has)."""

    asked: Asked
    type: str
    variable: str | None


def alone_in(root: ObjectPlan) -> Alone | None:
    """The only field of a root of queries, where it reads so."""
    if len(root.asked) != 1:
        return None
    [asked] = root.asked.values()
    definition = definition_of(asked.definition)
    by_id = definition.by_id if isinstance(definition, ResolvedField) else ""
    given = {each.name.value: each.value for each in asked.nodes[0].arguments or ()}
    refers = any(plan.refers for plan in asked.objects.values())
    if not by_id or given.keys() != {"id"} or refers:
        return None
    value = given["id"]
    return Alone(asked, by_id, value.name.value if isinstance(value, VariableNode) else None)


async def run_alone(
    alone: Alone, operation: Operation, root: ObjectPlan, variables: VariableValues, context: Context
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """As `run`."""
    state = Run(operation, variables, context)
    id_ = _id(alone, state)
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
    if state.long:
        await state.finish()
    return await state.answer(data, repeats=operation.repeats)


def _id(alone: Alone, state: Run) -> str | None:
    """The id that is asked for; None where it is none, which is told as it always is."""
    id_ = state.variables.coerced.get(alone.variable) if alone.variable else alone.asked.arguments(state)["id"]
    return id_ if isinstance(id_, str) and ID.fullmatch(id_) else None
