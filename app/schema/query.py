"""Query: `T(id:)`, `TList`, `TConnection` and `TValidate` for every served type. https://hl7.org/fhir/R4/graphql.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import strawberry

from app.fhir.served import SERVED
from app.schema.connection import resolve_connection, resolve_list
from app.schema.history.versions import read_one
from app.schema.mutation import validate_fields
from app.schema.search_arguments import (
    COUNT,
    CURSOR,
    FILTER,
    OFFSET,
    RELAY,
    SORT,
    search_arguments,
)
from app.schema.types.fields import ResolvedField, argument, define, list_of, nullable
from app.schema.types.scalars import scalar_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from strawberry.types import Info
    from strawberry.types.field import StrawberryField

    from app.fhir.resource import Resource
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes


ONE: Final = (
    argument("id", strawberry.ID, "The resource's id."),
    argument("version", nullable(str), "A versionId: the resource as it was in that version."),
    argument(
        "asOf",
        nullable(scalar_for("dateTime")),
        "The resource as it was at the last moment that this covers; a date without zone is one in UTC.",
    ),
)
"""The arguments of `T`."""


def query_type(types: FhirTypes, connections: Mapping[str, type], more: Sequence[StrawberryField]) -> type:
    """The root type of queries; `connections` has `TConnection` of every served type T, `more` are further fields."""
    query = type("Query", (), {})
    define(
        query,
        [*_read_fields(types, connections), *validate_fields(types), *more],
        description="Reads. Root fields of one request are answered from the store as it is when each is read.",
    )
    return query


def _read_fields(types: FhirTypes, connections: Mapping[str, type]) -> Iterator[StrawberryField]:
    for name in SERVED:
        cls = types.classes[name]
        filters = search_arguments(name)
        yield ResolvedField.of(
            name,
            nullable(cls),
            f"The {name} of that id; null where there is none, with the error `deleted` where it was deleted.",
            _reader_of(name),
            ONE,
        ).reading_by_id(name)
        yield ResolvedField.of(
            f"{name}List",
            list_of(cls),
            f"A page of {name} resources that meet every argument.",
            resolve_list(name),
            [*filters, FILTER, SORT, COUNT, OFFSET],
        ).reading()
        yield ResolvedField.of(
            f"{name}Connection",
            nullable(connections[name]),
            f"A page of {name} resources that meet every argument, with the way to the next page and the count.",
            resolve_connection(name),
            [*filters, FILTER, SORT, COUNT, OFFSET, CURSOR, *RELAY],
        ).reading()


def _reader_of(name: str) -> Any:
    async def resolve(_source: None, info: Info[Context, None], /, **asked: Any) -> Resource | None:
        context = info.context
        resource = await read_one(context, name, asked["id"], asked.get("version"), asked.get("asOf"))
        return context.containers.enter(resource) if resource else None

    return resolve
