"""The natural key of a procedure: its idIntervention identifier, of which a legal entity has one procedure each.

A procedure that is entered in error has none: the right one takes its place.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from app.fhir.reference import Contained, Logical, Target, Uri, parse
from app.profiles.catalogue import DMI_PROCEDURE, load_profiles
from app.search.algebra import In, Search
from app.search.normal import limited, token

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.intake.verdict import Rules
    from app.intake.writer import Finder
    from app.profiles.constraint import Constraint
    from app.profiles.patterns import Test

_SLICE: Final = "idIntervention"
_PLACE: Final = "Organization/"
_MOST: Final = 20
"""Identifiers of a procedure, or of its legal entity, that count."""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def intervention_keys(
    resource: Resource, base: str = "", known: Mapping[str, Sequence[str]] = _NOTHING
) -> tuple[str, ...]:
    """The keys of a resource as `Write.keys` has them: "Procedure idIntervention Organization/chu system|value".

    The legal entity is its reference relative to this server, whose FHIR address is `base`; or its address elsewhere;
    or an identifier, where the reference has nothing else or leads to a contained resource. `known` tells the other
    names of an entity by one of them ("system|value" → "Organization/chu"); they count too."""
    if resource.get("resourceType") != "Procedure" or resource.get("status") == "entered-in-error":
        return ()
    numbers = list(_intervention_numbers(resource))
    entities = list(_entities(resource, base)) if numbers else []
    others = [name for entity in entities for name in known.get(entity, ())]
    return tuple(
        dict.fromkeys(
            limited(f"Procedure {_SLICE} {entity} {number}") for entity in (*entities, *others) for number in numbers
        )
    )


async def natural_keys(
    rules: Rules, finder: Finder, resources: Sequence[Resource], coming: Mapping[str, Resource] = _NOTHING
) -> list[tuple[str, ...]]:
    """The keys of each resource, none where the rules ask for none.

    The Organizations that are named are looked up, in one read and one search for all resources: the same legal entity
    may be stored twice, by two who send it along. `coming` is what is to be stored with them, by Type/id."""
    if not rules.unique:
        return [()] * len(resources)
    numbered = [
        each for each in resources if each.get("resourceType") == "Procedure" and any(_intervention_numbers(each))
    ]
    asked = {entity for each in numbered for entity in _entities(each, rules.base)}
    known = _other_names({**await _organizations(finder, asked), **coming}) if asked else _NOTHING
    return [intervention_keys(resource, rules.base, known) for resource in resources]


async def _organizations(finder: Finder, names: Collection[str]) -> dict[str, Resource]:
    """The Organizations of the store that have these names, by Type/id."""
    identifiers = tuple(sorted(name for name in names if "|" in name))
    ids = sorted(name.removeprefix(_PLACE) for name in names if name.startswith(_PLACE) and name not in identifiers)
    found = dict(await finder.read("Organization", ids)) if ids else {}
    if identifiers:
        search = Search(In("identifier", identifiers), count=2 * len(identifiers), elements=frozenset({"identifier"}))
        found |= {row.resource["id"]: row.resource for row in (await finder.search("Organization", search)).rows}
    return {f"{_PLACE}{id_}": organization for id_, organization in found.items()}


def _other_names(resources: Mapping[str, Resource]) -> Mapping[str, Sequence[str]]:
    """The other names of Organizations by one of their names, which is a place, or an identifier that only one has.

    An identifier without a system is no name of its own: another hospital may number as well."""
    holders: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    for place, resource in resources.items():
        own = list(_identifiers(resource.get("identifier"))) if place.startswith(_PLACE) else []
        names[place] = [text for text in own if not text.startswith("|")]
        for text in own:
            holders.setdefault(text, []).append(place)
    alone = {text: [*places, *names[places[0]]] for text, places in holders.items() if len(places) == 1}
    return alone | names


def _intervention_numbers(procedure: Resource) -> Iterator[str]:
    numbers = (each for each in _objects(procedure.get("identifier")) if _tells_intervention()(each.get("type")))
    return _identifiers(list(islice(numbers, _MOST)))


def _entities(procedure: Resource, base: str) -> Iterator[str]:
    """The texts that name the legal entity of the first performer that has one."""
    performers = (each.get("onBehalfOf") for each in _objects(procedure.get("performer")))
    reference = next((each for each in performers if isinstance(each, dict)), None)
    match parse(reference):
        case Target(type=kind, id=id_, base=address):
            yield f"{kind}/{id_}" if address in ("", base) else f"{address}/{kind}/{id_}"
        case Uri(text=text):
            yield text
        case Logical(system=system, value=value):
            yield token(system, value)
        case Contained(id=fragment):
            inside = (each for each in _objects(procedure.get("contained")) if each.get("id") == fragment)
            yield from _identifiers(next(inside, {}).get("identifier"))


def _identifiers(value: Json) -> Iterator[str]:
    for identifier in _objects(value)[:_MOST]:
        system, own = identifier.get("system"), identifier.get("value")
        if isinstance(own, str) and own:
            yield token(system if isinstance(system, str) else "", own)


def _objects(value: Json) -> list[Resource]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@cache
def _tells_intervention() -> Test:
    """Whether a `type` is the one by which the profile tells an idIntervention from other identifiers."""
    identifier = _child(load_profiles()[DMI_PROCEDURE].root, "identifier")
    slices = identifier.slicing.slices if identifier.slicing else ()
    slice_ = next(each for each in slices if each.name == _SLICE)
    expected = _child(slice_.constraint, "type").expected
    if expected is None:
        raise LookupError(_SLICE)
    return expected.met


def _child(constraint: Constraint, label: str) -> Constraint:
    return next(child for child in constraint.children if child.label == label)
