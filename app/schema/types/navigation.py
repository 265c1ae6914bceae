"""Arguments of list elements: choose items by what they hold, and page through them.
https://hl7.org/fhir/R4/graphql.html, "List Navigation" and "Extensions"

All arguments are joined by AND; `_offset` and `_count` then count the items that are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.errors import InvalidSearch
from app.fhir.elements import type_definition
from app.schema.search_arguments import MOST_OFFSET, row_count
from app.schema.types.fields import argument, from_document, nullable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from graphql import GraphQLResolveInfo, GraphQLSchema
    from strawberry.types.arguments import StrawberryArgument

    from app.fhir.elements import Element
    from app.fhir.fhirpath import FhirPaths
    from app.fhir.resource import Json
    from app.schema.context import Context

COUNT: Final = "_count"
OFFSET: Final = "_offset"
FHIRPATH: Final = "fhirpath"
_PAGING: Final[Mapping[str, type]] = {COUNT: int, OFFSET: int, FHIRPATH: str}
_GRAPHQL_TYPES: Final[Mapping[str, type]] = {
    "boolean": bool,
    **dict.fromkeys(("integer", "positiveInt", "unsignedInt"), int),
}
"""The GraphQL types of arguments that are no String."""


@dataclass(frozen=True, slots=True)
class ListElement:
    """A list in a type: its name, and the FHIR type or path of its items ("HumanName", "Procedure.performer")."""

    type: str
    name: str
    path: str


class Arguments:
    """The arguments of lists, made once for each type of item: thousands of fields share them."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, type], StrawberryArgument] = {}
        self._of: dict[str, list[StrawberryArgument]] = {}

    def of(self, element: Element) -> list[StrawberryArgument]:
        """The arguments of a list element. Raises ValueError where two would have one name."""
        if element.type not in self._of:
            children = _children(element)
            if clash := _PAGING.keys() & children.keys():
                raise ValueError(f"{element.type}: a FHIR element has the name of an argument: {', '.join(clash)}")
            wanted = {**children, **_PAGING}
            self._of[element.type] = [self._argument(name, type_) for name, type_ in wanted.items()]
        return self._of[element.type]

    def _argument(self, name: str, type_: type) -> StrawberryArgument:
        made = self._made.get((name, type_))
        if made is None:
            made = self._made[name, type_] = argument(name, nullable(type_), None)
        return made


def _children(element: Element) -> dict[str, type]:
    """The primitive children by which items are chosen, with the GraphQL types of their arguments."""
    if element.primitive or element.type == "Resource":
        return {}
    if element.type == "Extension":
        return {"url": str}
    children = type_definition(element.type).elements.values()
    return {child.name: _GRAPHQL_TYPES.get(child.type, str) for child in children if child.primitive}


def answer_navigation(schema: GraphQLSchema, elements: Iterable[ListElement]) -> None:
    """Make the fields of these lists answer their arguments, without Strawberry's wrapper between."""
    for element in elements:
        field = schema.type_map[element.type].fields[element.name]  # type: ignore[attr-defined] # has fields: it has lists
        field.resolve = _resolver(element)


def _resolver(element: ListElement) -> Callable[..., Json]:
    name = element.name

    # An element may be called source or info, as Meta.source is.
    def resolve(source: Json, info: GraphQLResolveInfo[Context], /, **arguments: Any) -> Json:
        context = info.context
        return navigated(from_document(source, name), arguments, element.path, context.fhirpaths, context.max_rows)

    return resolve


def navigated(items: Json, arguments: Mapping[str, Any], path: str, fhirpaths: FhirPaths, max_rows: int) -> Json:
    """The items of a list that meet all arguments, themselves and in their order; an argument that is null is absent.

    What is no list is answered as it is. Raises RequestError or TooCostly for what is wrong with `fhirpath`, and
    InvalidSearch for `_count` or `_offset` beyond their limits."""
    given = {name: value for name, value in arguments.items() if value is not None}
    start = _start(given.pop(OFFSET, 0))
    end = start + row_count(COUNT, given.pop(COUNT), max_rows) if COUNT in given else None
    text = given.pop(FHIRPATH, None)
    criterion = None if text is None else fhirpaths.read(text)
    if not isinstance(items, list):
        return items
    if given:
        items = [item for item in items if _has(item, given)]
    if criterion is not None:
        items = [item for item in items if item is not None and fhirpaths.met(criterion, item, path)]
    return items[start:end]


def _start(value: int) -> int:
    if not 0 <= value <= MOST_OFFSET:
        raise InvalidSearch(
            f"_offset must be from 0 to {MOST_OFFSET}.",
            f"_offset doit être compris entre 0 et {MOST_OFFSET}.",
            rule=OFFSET,
        )
    return value


def _has(item: Json, wanted: Mapping[str, Any]) -> bool:
    return isinstance(item, dict) and all(_equal(item.get(name), value) for name, value in wanted.items())


def _equal(stored: Json, wanted: bool | int | str) -> bool:
    """Whether a value, or one of a list of values, is the one that is wanted."""
    if isinstance(stored, list):
        return any(_equal(each, wanted) for each in stored if not isinstance(each, list))
    if isinstance(wanted, str):
        return _text(stored) == wanted
    return type(stored) is type(wanted) and stored == wanted


def _text(stored: Json) -> str | None:
    """A primitive as it is written in JSON, without quotes; None for anything else."""
    match stored:
        case str():
            return stored
        case bool():
            return "true" if stored else "false"
        case int() | Decimal():
            return str(stored)
        case _:
            return None
