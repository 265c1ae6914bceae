"""The arguments of `TList` and `TConnection`: every search parameter, then paging and sort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.errors import InvalidSearch
from app.schema.types.fields import argument, list_of, nullable
from app.search.algebra import And, In
from app.search.arguments import filter_of
from app.search.chains import shorthands
from app.search.filter_expression import filter_of_expression
from app.search.filter_syntax import names, parse
from app.search.normal import token
from app.search.parameters import parameters
from app.search.value_counts import check_number_of_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strawberry.types.arguments import StrawberryArgument

    from app.fhir.resource import Json
    from app.search.algebra import Filter
    from app.search.parameters import Parameter

DEFAULT_COUNT: Final = 20
MOST_OFFSET: Final = 100_000

FILTER = argument(
    "_filter",
    nullable(str),
    "A FHIR _filter expression over the same parameters and those of what they refer to (`patient.birthdate lt 1950`), "
    "ANDed with them.",
)
SORT = argument("_sort", nullable(str), "Comma-separated parameters to sort by; `-` before one for descending.")
COUNT = argument("_count", nullable(int), f"Rows in a page; {DEFAULT_COUNT} unless told.")
OFFSET = argument("_offset", nullable(int), "Rows to skip from the start; for deep pages a cursor is faster.")
CURSOR = argument("_cursor", nullable(str), "A page of the same filter and sort: `next`, `previous`, `first`, `last`.")
RELAY: Final = (
    argument("first", nullable(int), "So many rows from the start, or after `after`."),
    argument("after", nullable(str), "A cursor: rows that follow it."),
    argument("last", nullable(int), "So many rows up to the end, or ahead of `before`."),
    argument("before", nullable(str), "A cursor: rows ahead of it."),
)


def search_arguments(type_name: str) -> list[StrawberryArgument]:
    """One argument per search parameter of the type. A list is OR, and so is a comma; several arguments are AND."""
    described = {name: _described(parameter) for name, parameter in parameters(type_name).items()}
    for name, (reference, target, asked) in shorthands(type_name).items():
        described[name] = f"The {asked} of the {target} that `{reference}` refers to, token"
    return [argument(name, list_of(str), text) for name, text in described.items()]


def _described(parameter: Parameter) -> str:
    codes = f": {' | '.join(parameter.codes)}" if parameter.codes else ""
    targets = f" to {', '.join(parameter.targets)}" if parameter.targets else ""
    return f"FHIR search parameter, {parameter.kind}{targets}{codes}"


def wanted(type_name: str, arguments: Mapping[str, Any], base: str, procedure_systems: Sequence[str] = ()) -> Filter:
    """The filter of a field's search parameters and `_filter`; an argument that is null is absent.

    `base` is this server's FHIR address as searches know it; `procedure_systems` are the code systems of the default
    view: a search of procedures that says nothing of their code finds those with a code of these systems. Raises
    InvalidSearch."""
    known = parameters(type_name).keys() | shorthands(type_name).keys()
    given = {name: value for name, value in arguments.items() if name in known and value is not None}
    for name, values in given.items():
        check_number_of_values(type_name, name, values)
    named, filters = set(given), [filter_of(type_name, given, base)] if given else []
    if arguments.get("_filter") is not None:
        expression = parse(arguments["_filter"])
        named.update(names(expression))
        filters.append(filter_of_expression(type_name, expression, base))
    if procedure_systems and type_name == "Procedure" and "code" not in named:
        filters.append(In("code", tuple(token(system, "") for system in procedure_systems)))
    return filters[0] if len(filters) == 1 else And(tuple(filters))


def row_count(name: str, value: Json, max_rows: int) -> int:
    """A page size within its limit, DEFAULT_COUNT at most where none is given. Raises InvalidSearch."""
    if value is None:
        return min(DEFAULT_COUNT, max_rows)
    if not 1 <= value <= max_rows:
        raise InvalidSearch(
            f"{name} must be from 1 to {max_rows}; take the following rows as further pages.",
            f"{name} doit être compris entre 1 et {max_rows} ; demandez la suite page par page.",
            rule=name,
        )
    return int(value)


def offset(value: Json) -> int:
    """How many rows to skip. Raises InvalidSearch."""
    if value is not None and not 0 <= value <= MOST_OFFSET:
        raise InvalidSearch(
            f"_offset must be from 0 to {MOST_OFFSET}; beyond it, follow the cursors of TConnection.",
            f"_offset doit être compris entre 0 et {MOST_OFFSET} ; au-delà, suivez les curseurs de TConnection.",
            rule="_offset",
        )
    return value or 0
