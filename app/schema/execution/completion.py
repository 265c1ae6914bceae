"""What becomes of a value, by its GraphQL type: closures, composed once for each field of a plan.
https://spec.graphql.org/October2021/#sec-Value-Completion

Errors have the words of graphql-core, which users see in their own (`app.schema.errors`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    is_abstract_type,
    is_leaf_type,
)
from graphql.pyutils import inspect, is_iterable

from app.schema.execution.references import LONG
from app.schema.execution.run import Items, Nulled
from app.schema.types.derive import is_anything
from app.schema.types.scalars import passes_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLAbstractType, GraphQLLeafType, GraphQLOutputType

    from app.schema.execution.places import Place
    from app.schema.execution.plan import Asked, Complete, ObjectPlan
    from app.schema.execution.run import Run

    Planned = Callable[[GraphQLObjectType, Asked], ObjectPlan]

PLAIN: Final = {"Boolean": bool}


def plain(type_: GraphQLOutputType) -> type | None:
    """The Python type of the values that are answered as they are, if there is one."""
    if not is_leaf_type(type_):
        return None
    return str if passes_text(type_.name) else PLAIN.get(type_.name)


def completion(type_: GraphQLOutputType, asked: Asked, planned: Planned, possible: Callable[..., Any]) -> Complete:
    """What makes an answer of a value of that type, which is not null unless the type is non-null.

    `planned(type, asked)` is the plan of objects of a type below the field; `possible(abstract)` are the types of the
    objects that an abstract type may be."""
    if isinstance(type_, GraphQLNonNull):
        return _required(completion(type_.of_type, asked, planned, possible), asked)
    if isinstance(type_, GraphQLList):
        return _list(type_.of_type, completion(type_.of_type, asked, planned, possible), asked)
    if isinstance(type_, GraphQLObjectType):
        return _object(planned(type_, asked), asked)
    if is_abstract_type(type_):
        objects = {each.name: _object(planned(each, asked), asked) for each in possible(type_)}
        return _abstract(type_, objects, asked)
    return _leaf(type_)  # type: ignore[arg-type] # no other type is left


def _required(complete: Complete, asked: Asked) -> Complete:
    message = f"Cannot return null for non-nullable field {asked.parent}.{asked.name}."

    def required(value: Any, place: Place, run: Run) -> Any:
        if value is None:
            raise TypeError(message)
        return complete(value, place, run)

    return required


def _leaf(type_: GraphQLLeafType) -> Complete:
    coerce = type_.coerce_output_value

    def leaf(value: Any, _place: Place, _run: Run) -> Any:
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise TypeError(f"Expected `{type_}` to be a non-nullable value, returned: {inspect(coerced)}")
        return coerced

    return leaf


def _list(item_type: GraphQLOutputType, complete: Complete, asked: Asked) -> Complete:
    unfit = f"Expected Iterable, but did not find one for field '{asked.parent}.{asked.name}'."
    required, as_it_is = isinstance(item_type, GraphQLNonNull), plain(item_type)

    def put(item: Any, index: int, answer: list[Any], place: Place, run: Run) -> None:
        if type(item) is as_it_is or (item is None and not required):
            answer[index] = item
            return
        here = (place, index, answer, required)
        try:
            answer[index] = complete(item, here, run)
        except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the item
            run.failed(error, asked.nodes, here)
            if required:
                raise Nulled from None

    def build(value: Any, place: Place, run: Run) -> list[Any]:
        if type(value) is not list:
            if not is_iterable(value):
                raise GraphQLError(unfit)
            value = list(value)
        answer: list[Any] = [None] * len(value)
        if len(value) > LONG and as_it_is is None:
            run.long.append(Items(value, put, answer, place, run.weight))
            return answer
        for index, item in enumerate(value):
            put(item, index, answer, place, run)
        return answer

    return build


def _object(plan: ObjectPlan, asked: Asked) -> Complete:
    is_type_of = plan.type.is_type_of
    if is_type_of is None or is_type_of is is_anything:
        return plan.build

    def build(value: Any, place: Place, run: Run) -> dict[str, Any]:
        if not is_type_of(value, None):  # type: ignore[arg-type] # ours look at the value only
            raise GraphQLError(f"Expected value of type '{plan.type}' but got another.", asked.nodes)
        return plan.build(value, place, run)

    return build


def _abstract(type_: GraphQLAbstractType, objects: dict[str, Complete], asked: Asked) -> Complete:
    resolve_type = type_.resolve_type
    if resolve_type is None:
        raise TypeError(f"{type_} does not tell the type of its objects")

    def build(value: Any, place: Place, run: Run) -> Any:
        complete = objects.get(resolve_type(value, None, type_))  # type: ignore[arg-type] # ours look at the value only
        if complete is None:
            raise GraphQLError(f"Abstract type '{type_}' was resolved to a type that it cannot be.", asked.nodes)
        return complete(value, place, run)

    return build
