"""What this server can do, as a CapabilityStatement. https://hl7.org/fhir/R4/capabilitystatement.html

The interactions are those of `app.web.rest`; its tests hold the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.fhir.json import decode
from app.fhir.served import SERVED
from app.search.parameters import fhir_name, table_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.fhir.resource import Resource

GRAPHQL: Final = {"name": "graphql", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-graphql"}

INTERACTIONS: Final = (
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "create",
    "search-type",
)
"""What is offered of every served type: https://hl7.org/fhir/R4/valueset-type-restful-interaction.html"""

_DOCUMENTATION: Final = (
    "Everything is asked by GraphQL too: `[base]/$graphql`, or `[base]/[type]/[id]/$graphql` with that resource as the "
    "root. There search parameters are arguments of `[type]List` and `[type]Connection`. A transaction Bundle is sent "
    "to `[base]` or to `[base]/Bundle`.\n\n"
    "Tout s’interroge aussi en GraphQL : `[base]/$graphql`, ou `[base]/[type]/[id]/$graphql` avec cette ressource pour "
    "racine. Les paramètres de recherche y sont des arguments de `[type]List` et de `[type]Connection`. Un Bundle de "
    "type transaction s’envoie à `[base]` ou à `[base]/Bundle`."
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What differs between servers: the version of the software, since when it offers this (a FHIR dateTime), the
    profiles it knows and those it demands of every resource of a type, whether references must lead somewhere,
    whether an update of an unknown id creates it, and how it finds out who asks, if it does."""

    version: str
    date: str
    profiles: Mapping[str, Sequence[str]]
    demanded: Mapping[str, Sequence[str]]
    references_enforced: bool
    update_create: bool
    security: Resource | None = None


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
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": _DOCUMENTATION,
                **({"security": offer.security} if offer.security else {}),
                "interaction": [{"code": "transaction"}],
                "resource": [_resource(name, {**table["Resource"], **table[name]}, offer) for name in SERVED],
                "operation": [GRAPHQL],
            }
        ],
    }


def _resource(name: str, parameters: Mapping[str, Mapping[str, Any]], offer: Offer) -> dict[str, Any]:
    return {"type": name, **dict(_profiles(name, offer))} | {
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": offer.update_create,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
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
