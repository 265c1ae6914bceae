"""From a reference to the resource it means. https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/graphql.html

Contained (`#id`), relative, absolute-to-this-server, versioned and logical (by identifier) references; what cannot be
found is null with the error `not-found`, unless the query says `optional: true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import MultipleMatches, NotFound
from app.fhir.reference import Contained, Logical, Target, parse
from app.fhir.served import SERVED

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from strawberry.types import Info

    from app.fhir.reference import Parsed
    from app.fhir.resource import Json, Resource
    from app.schema.context import Context

ANY = "Resource"


def resolve_reference(
    source: Json,
    info: Info[Context, None],
    *,
    optional: bool | None,
    type: str | None,  # noqa: A002 - the specification's name
    expected: str,
) -> Awaitable[Resource | None] | None:
    """The resource behind a Reference, read in one batch with all others of its level and type.

    `type` asks for one type only; `expected` is the one type that the schema promises here, or "Resource"."""
    context = info.context
    parsed = parse(source)
    if type is not None and isinstance(parsed, Target) and parsed.type != type:
        return None
    resolved = _located(source, parsed, context, expected)
    return _checked(resolved, context, optional=bool(optional), wanted=type, expected=expected)


def _located(
    source: Json, parsed: Parsed | None, context: Context, expected: str
) -> Awaitable[Resource | None] | Resource | None:
    """Starts the batched read at once, so that the whole level gets into one batch."""
    match parsed:
        case Contained(id=fragment):
            return context.containers.contained(source, fragment)
        case Target(type=name, id=id_, version=version, base=base) if name in SERVED and base in (
            "",
            context.base,
        ):
            found = context.loaders.load(name, id_)
            return _of_version(found, version) if version else found
        case Logical(system=system, value=value, type=name) if (name or expected) in SERVED:
            return context.loaders.identified(name or expected, system, value)
        case _:
            return None


async def _of_version(found: Awaitable[Resource | None], version: str) -> Resource | None:
    """Only the current version can be read here; a reference to an earlier one is not found."""
    resource = await found
    return resource if resource and resource["meta"]["versionId"] == version else None


async def _checked(
    located: Awaitable[Resource | None] | Resource | None,
    context: Context,
    *,
    optional: bool,
    wanted: str | None,
    expected: str,
) -> Resource | None:
    try:
        resource = located if located is None or isinstance(located, dict) else await located
    except MultipleMatches:
        if optional:
            return None
        raise
    name = resource.get("resourceType") if resource else None
    if resource and wanted is not None and name != wanted:
        return None
    if resource and expected in (ANY, name):
        return context.containers.enter(resource)
    if optional:
        return None
    raise NotFound(
        "The reference leads to no resource of an allowed type on this server. "
        "Ask with `optional: true` to get null without an error.",
        "La référence ne mène à aucune ressource d’un type permis sur ce serveur. "
        "Demandez avec `optional: true` pour obtenir null sans erreur.",
    )
