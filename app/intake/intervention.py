"""The natural key of a procedure: its idIntervention identifier, of which a legal entity has one procedure each.

A procedure that is entered in error has none: the right one takes its place.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from app.access.legal_entity import MOST, entities, identifiers, objects, organizations, other_names
from app.profiles.catalogue import DMI_PROCEDURE, load_profiles
from app.search.normal import limited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.intake.verdict import Rules
    from app.intake.writer import Finder
    from app.profiles.constraint import Constraint
    from app.profiles.patterns import Test

_SLICE: Final = "idIntervention"
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
    legal = list(entities(resource, base)) if numbers else []
    others = [name for entity in legal for name in known.get(entity, ())]
    return tuple(
        dict.fromkeys(
            limited(f"Procedure {_SLICE} {entity} {number}") for entity in (*legal, *others) for number in numbers
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
    asked = {entity for each in numbered for entity in entities(each, rules.base)}
    known = other_names({**await organizations(finder, asked), **coming}) if asked else _NOTHING
    return [intervention_keys(resource, rules.base, known) for resource in resources]


def _intervention_numbers(procedure: Resource) -> Iterator[str]:
    numbers = (each for each in objects(procedure.get("identifier")) if _tells_intervention()(each.get("type")))
    return identifiers(list(islice(numbers, MOST)))


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
