"""What this server can do, as a CapabilityStatement. https://hl7.org/fhir/R4/capabilitystatement.html

It claims no REST interaction, because there is none yet: resources are read, searched and written through `$graphql`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.fhir.json import decode
from app.fhir.served import SERVED
from app.search.parameters import table_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.fhir.resource import Resource

GRAPHQL: Final = {"name": "graphql", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-graphql"}

_DOCUMENTATION: Final = (
    "Everything is asked by GraphQL: `[base]/$graphql`, or `[base]/[type]/[id]/$graphql` with that resource as the "
    "root. Search parameters are arguments of `[type]List` and `[type]Connection`. There is no REST interaction but "
    "this statement.\n\n"
    "Tout s’interroge en GraphQL : `[base]/$graphql`, ou `[base]/[type]/[id]/$graphql` avec cette ressource pour "
    "racine. Les paramètres de recherche sont des arguments de `[type]List` et de `[type]Connection`. Il n’y a pas "
    "d’autre interaction REST que cette déclaration."
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What differs between servers: the version of the software, since when it offers this (a FHIR dateTime), the
    profiles it knows and those it demands of every resource of a type, and whether references must lead somewhere."""

    version: str
    date: str
    profiles: Mapping[str, Sequence[str]]
    demanded: Mapping[str, Sequence[str]]
    references_enforced: bool


def capability_statement(offer: Offer, base: str) -> Resource:
    """The statement of the server whose FHIR address is `base`."""
    table = decode(table_text())
    return {
        "resourceType": "CapabilityStatement",
        "name": "DmiGraph",
        "title": "dmi-graph",
        "status": "active",
        "date": offer.date,
        "kind": "instance",
        "software": {"name": "dmi-graph", "version": offer.version},
        "implementation": {
            "description": "GraphQL façade over a FHIR store, for the traceability of implantable medical devices",
            "url": base,
        },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": _DOCUMENTATION,
                "resource": [_resource(name, {**table["Resource"], **table[name]}, offer) for name in SERVED],
                "operation": [GRAPHQL],
            }
        ],
    }


def fhir_name(parameter: str) -> str:
    """The name of a search parameter as FHIR writes it: body_site is body-site, _lastUpdated stays."""
    return parameter[:1] + parameter[1:].replace("_", "-")


def _resource(name: str, parameters: Mapping[str, Mapping[str, Any]], offer: Offer) -> dict[str, Any]:
    return {"type": name, **dict(_profiles(name, offer))} | {
        "versioning": "versioned",
        "referencePolicy": ["literal", "logical", "local", *(["enforced"] if offer.references_enforced else [])],
        "searchParam": [_parameter(key, entry) for key, entry in parameters.items()],
        "operation": [GRAPHQL],
    }


def _profiles(name: str, offer: Offer) -> Iterator[tuple[str, Any]]:
    """What every resource keeps to is `profile` if it is one; all that are known are `supportedProfile`."""
    demanded, known = offer.demanded.get(name, ()), offer.profiles.get(name, ())
    if len(demanded) == 1:
        yield "profile", demanded[0]
    if known:
        yield "supportedProfile", list(known)


def _parameter(name: str, entry: Mapping[str, Any]) -> dict[str, str]:
    return {"name": fhir_name(name), "type": entry["type"], "documentation": f"`{name}`: {', '.join(entry['paths'])}"}
