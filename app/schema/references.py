"""From a reference to the resource it means. https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/graphql.html

Contained (`#id`), relative, absolute-to-this-server, versioned and logical (by identifier) references, and those to
another entry of the same Bundle; what cannot be found is null with the error `not-found`, unless the query says
`optional: true`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from app.errors import MultipleMatches, NotFound
from app.fhir.reference import Contained, Logical, Target, Uri, parse
from app.fhir.served import SERVED
from app.search.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from strawberry.types import Info

    from app.fhir.reference import Parsed
    from app.fhir.resource import Json, Resource
    from app.schema.context import Context

ANY: Final = "Resource"
IDENTIFIED: Final = tuple(name for name in SERVED if "identifier" in parameters(name))
"""The types whose resources can be found by a business identifier."""


def resolve_reference(
    source: Json,
    info: Info[Context, None],
    *,
    optional: bool | None,
    type: str | None,  # noqa: A002 - the specification's name
    expected: str,
) -> Awaitable[Resource | None] | None:
    """The resource behind a Reference, read in one batch with all others of its level and type.

    `type` asks for one type only; `expected` is the one type that the schema promises here, or "Resource". Raises
    TooCostly where the request has followed too many."""
    if info.context.following.ends():
        return None
    parsed = parse(source)
    if type is not None and isinstance(parsed, Target | Logical) and parsed.type not in ("", type):
        return None
    # An identifier alone does not say the type: that none of the wanted type has it does not make a broken reference.
    untyped = type is not None and isinstance(parsed, Logical) and not parsed.type and expected == ANY
    located = _located(source, parsed, info.context, type, expected)
    found = _found(located, info.context, optional=bool(optional))
    return _checked(found, optional=bool(optional) or untyped, wanted=type, expected=expected)


def _located(
    source: Json, parsed: Parsed | None, context: Context, wanted: str | None, expected: str
) -> Awaitable[Resource | None] | Resource | None:
    """Starts the batched read at once, so that the whole level gets into one batch."""
    match parsed:
        case Contained(id=fragment):
            return context.containers.contained(source, fragment)
        case Target():
            return _beside(source, parsed, context) or _stored(parsed, context)
        case Uri():
            return _beside(source, parsed, context)
        case Logical():
            candidates = [n for n in _candidates(source, parsed, context, expected) if wanted in (None, n)]
            return _only([context.loaders.identified(name, parsed.system, parsed.value) for name in candidates])
        case _:
            return None


def _beside(source: Json, parsed: Target | Uri, context: Context) -> Resource | None:
    """What a reference inside a Bundle means among the Bundle's own entries, which come before the store."""
    site = context.containers.sites.in_bundle(source)
    return site.entries.find(parsed, site.full_url) if site and site.entries else None


def _stored(target: Target, context: Context) -> Awaitable[Resource | None] | None:
    if target.type not in SERVED or target.base not in ("", context.base):
        return None
    found = context.loaders.load(target.type, target.id)
    return _of_version(found, target.version) if target.version else found


async def _of_version(found: Awaitable[Resource | None], version: str) -> Resource | None:
    """Only the current version can be read here; a reference to an earlier one is not found."""
    resource = await found
    return resource if resource and resource["meta"]["versionId"] == version else None


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


async def _found(
    located: Awaitable[Resource | None] | Resource | None, context: Context, *, optional: bool
) -> Resource | None:
    """What was located; what comes from the store enters the graph here."""
    if located is None or isinstance(located, dict):
        return located
    try:
        resource = await located
    except MultipleMatches:
        if optional:
            return None
        raise
    return context.containers.enter(resource) if resource else None


async def _checked(
    finding: Awaitable[Resource | None], *, optional: bool, wanted: str | None, expected: str
) -> Resource | None:
    resource = await finding
    name = resource.get("resourceType") if resource else None
    if resource and wanted is not None and name != wanted:
        return None
    if resource and expected in (ANY, name):
        return resource
    if optional:
        return None
    raise NotFound(
        "The reference leads to no resource of an allowed type on this server. "
        "Ask with `optional: true` to get null without an error.",
        "La référence ne mène à aucune ressource d’un type permis sur ce serveur. "
        "Demandez avec `optional: true` pour obtenir null sans erreur.",
    )
