"""The legal entity on whose behalf a procedure was done, whatever it is named by: a reference, an address elsewhere, an
identifier, or an Organization that the procedure contains."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from app.fhir.reference import Contained, Logical, Target, Uri, parse
from app.search.algebra import In, Search
from app.search.normal import token

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.store.repository import Page

PLACE: Final = "Organization/"
MOST: Final = 20
"""Identifiers of a legal entity that count."""


class Finder(Protocol):
    """The part of a repository by which Organizations are looked up."""

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """As `Repository.read`."""

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""


def entities(procedure: Resource, base: str) -> Iterator[str]:
    """The texts that name the legal entity of the first performer that has one: its reference relative to this server,
    whose FHIR address is `base` (Organization/chu), its address elsewhere, or an identifier (system|value)."""
    performers = (each.get("onBehalfOf") for each in objects(procedure.get("performer")))
    reference = next((each for each in performers if isinstance(each, dict)), None)
    match parse(reference):
        case Target(type=kind, id=id_, base=address):
            yield f"{kind}/{id_}" if address in ("", base) else f"{address}/{kind}/{id_}"
        case Uri(text=text):
            yield text
        case Logical(system=system, value=value):
            yield token(system, value)
        case Contained(id=fragment):
            inside = (each for each in objects(procedure.get("contained")) if each.get("id") == fragment)
            yield from identifiers(next(inside, {}).get("identifier"))


async def organizations(finder: Finder, names: Collection[str]) -> dict[str, Resource]:
    """The Organizations of the store that have these names, by Type/id."""
    known = tuple(sorted(name for name in names if "|" in name))
    ids = sorted(name.removeprefix(PLACE) for name in names if name.startswith(PLACE) and name not in known)
    found = dict(await finder.read("Organization", ids)) if ids else {}
    if known:
        search = Search(In("identifier", known), count=2 * len(known), elements=frozenset({"identifier"}))
        found |= {row.resource["id"]: row.resource for row in (await finder.search("Organization", search)).rows}
    return {f"{PLACE}{id_}": organization for id_, organization in found.items()}


def other_names(resources: Mapping[str, Resource]) -> Mapping[str, Sequence[str]]:
    """The other names of Organizations by one of their names, which is a place, or an identifier that only one has.

    An identifier without a system is no name of its own: another hospital may number as well."""
    holders: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    for place, resource in resources.items():
        own = list(identifiers(resource.get("identifier"))) if place.startswith(PLACE) else []
        names[place] = [text for text in own if not text.startswith("|")]
        for text in own:
            holders.setdefault(text, []).append(place)
    alone = {text: [*places, *names[places[0]]] for text, places in holders.items() if len(places) == 1}
    return alone | names


async def names_of(finder: Finder, name: str) -> frozenset[str]:
    """All names that mean the same legal entity as one of them and nothing else: an identifier that another
    Organization has too does not count, whoever gave it to that one."""
    found = other_names(await organizations(finder, {name})).get(name, ())
    others = [each for each in found if "|" in each]
    search = Search(In("identifier", tuple(others)), count=2 * MOST, elements=frozenset({"identifier"}))
    page = await finder.search("Organization", search) if others else None
    if page is None or page.has_next:
        return frozenset({name, *(each for each in found if "|" not in each)})
    held = [set(identifiers(row.resource.get("identifier"))) for row in page.rows]
    return frozenset({name, *(each for each in found if "|" not in each or sum(each in own for own in held) == 1)})


def identifiers(value: Json) -> Iterator[str]:
    """Those of a list of identifiers, as "system|value"."""
    for identifier in islice(objects(value), MOST):
        system, own = identifier.get("system"), identifier.get("value")
        if isinstance(own, str) and own:
            yield token(system if isinstance(system, str) else "", own)


def objects(value: Json) -> list[Resource]:
    """The objects in a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
