"""From a reference to the resource it means. https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/graphql.html

Contained (`#id`), relative, absolute-to-this-server, versioned and logical (by identifier) references, and those to
another entry of the same Bundle; what cannot be found is null with the error `not-found`, unless the query says
`optional: true`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from app.access.refusals import out_of_reach
from app.errors import MultipleMatches, NotFound
from app.fhir.reference import Contained, Logical, Target, Uri, parse
from app.fhir.served import SERVED
from app.search.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from strawberry.types import Info

    from app.fhir.reference import Parsed
    from app.fhir.resource import Json, Resource
    from app.schema.batches import Ticket
    from app.schema.context import Context

ANY: Final = "Resource"
_SERVED: Final = frozenset(SERVED)  # this is asked for every reference of an answer
IDENTIFIED: Final = tuple(name for name in SERVED if "identifier" in parameters(name))
"""The types whose resources can be found by a business identifier."""

Found: TypeAlias = "Ticket[Resource | None] | Awaitable[Resource | None] | Resource | None"
"""The resource itself where it stands in the same document, else what will come from the store."""


class Wanted(NamedTuple):
    """What a query wants of a reference: `type` asks for one type only; `expected` is the one type that the schema
    promises there, or "Resource"; an `optional` one may lead nowhere."""

    expected: str
    optional: bool = False
    type: str | None = None


class Located(NamedTuple):
    """Where a reference leads to; where that is nothing, an `optional` one is null without an error."""

    found: Found
    optional: bool


async def resolve_reference(source: Json, info: Info[Context, None], wanted: Wanted) -> Resource | None:
    """The resource behind a Reference, read in one batch with all others of its level and type.

    Raises TooCostly where the request has followed too many, NotFound, MultipleMatches."""
    context = info.context
    if context.following.ends():
        return None
    located = locate(source, wanted, context)
    if located is None:
        return None
    try:
        resource = await arrived(located.found)
    except MultipleMatches:
        if located.optional:
            return None
        raise
    return accepted(resource, located.found, wanted._replace(optional=located.optional), context)


def locate(source: Json, wanted: Wanted, context: Context) -> Located | None:
    """Where a reference leads; what has to be read for it is asked for at once, so that a whole level gets into one
    batch. None: it is of another type than `wanted.type`, and null."""
    parsed = parse(source)
    if wanted.type is not None and isinstance(parsed, Target | Logical) and parsed.type not in ("", wanted.type):
        return None
    # An identifier alone does not say the type: that none of the wanted type has it does not make a broken reference.
    untyped = wanted.type is not None and isinstance(parsed, Logical) and not parsed.type and wanted.expected == ANY
    return Located(_found(source, parsed, wanted, context), wanted.optional or untyped)


async def arrived(found: Found) -> Resource | None:
    """What was found, once it is read."""
    return found if found is None or isinstance(found, dict) else await found


def accepted(resource: Resource | None, found: Found, wanted: Wanted, context: Context) -> Resource | None:
    """The resource if it is of a type that is allowed there; what comes from the store enters the graph here.

    Raises NotFound, or Forbidden in its place where it is not told whether the resource is there."""
    if resource is not None:
        name = resource.get("resourceType")
        if resource is not found:
            context.containers.enter(resource)
        if wanted.type is not None and name != wanted.type:
            return None
        if wanted.expected in (ANY, name):
            return resource
    if wanted.optional:
        return None
    if context.repository.partial:
        raise out_of_reach()
    raise NotFound(
        "The reference leads to no resource of an allowed type on this server. "
        "Ask with `optional: true` to get null without an error.",
        "La référence ne mène à aucune ressource d’un type permis sur ce serveur. "
        "Demandez avec `optional: true` pour obtenir null sans erreur.",
    )


def _found(source: Json, parsed: Parsed | None, wanted: Wanted, context: Context) -> Found:
    match parsed:
        case Target():
            return _beside(source, parsed, context) or _stored(parsed, context)
        case Contained(id=fragment):
            return context.containers.contained(source, fragment)
        case Uri():
            return _beside(source, parsed, context)
        case Logical():
            names = _candidates(source, parsed, context, wanted.expected)
            candidates = [name for name in names if wanted.type in (None, name)]
            return _only([context.loaders.identified(name, parsed.system, parsed.value) for name in candidates])
        case _:
            return None


def _beside(source: Json, parsed: Target | Uri, context: Context) -> Resource | None:
    """What a reference inside a Bundle means among the Bundle's own entries, which come before the store."""
    sites = context.containers.sites
    site = sites.in_bundle(source) if sites.bundles else None
    return site.entries.find(parsed, site.full_url) if site and site.entries else None


def is_current(target: Target, context: Context) -> bool:
    """Whether it is the current version of a resource that may be on this server."""
    return target.type in _SERVED and not target.version and target.base in ("", context.base)


def _stored(target: Target, context: Context) -> Found:
    if is_current(target, context):
        return context.loaders.load(target.type, target.id)
    if target.type not in _SERVED or target.base not in ("", context.base):
        return None
    return context.loaders.versioned(target.type, target.id, target.version)


def _candidates(source: Json, logical: Logical, context: Context, expected: str) -> Sequence[str]:
    """The types that a logical reference may mean, of those that are served here and have identifiers."""
    named = logical.type or (expected if expected != ANY else "")
    allowed = (named,) if named else context.containers.sites.targets(source)
    return IDENTIFIED if ANY in allowed or not allowed else [name for name in IDENTIFIED if name in allowed]


async def _only(hits: Sequence[Awaitable[Resource | None]]) -> Resource | None:
    found = [resource for resource in await asyncio.gather(*hits) if resource]
    if len(found) > 1:
        raise MultipleMatches(
            "Resources of several types have the identifier that the reference gives; it must say its type too.",
            "Des ressources de plusieurs types portent l’identifiant donné par la référence ; elle doit aussi indiquer "
            "son type.",
        )
    return found[0] if found else None
