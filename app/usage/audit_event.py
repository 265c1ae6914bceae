"""FHIR's AuditEvents of a request, in the manner of IHE's Basic Audit Log Patterns; pure.

One event tells of all that a request read, and one of each kind of writing. IHE has one for each patient: a page of a
thousand procedures would be a thousand events, so here an event names all of its patients. The query itself is left
out, since it holds what was looked for; the hash of its document tells which one it was.
https://hl7.org/fhir/R4/auditevent.html, https://profiles.ihe.net/ITI/BALP/
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.usage.record import Record
    from app.usage.use import Outcome, Use

MOST_ENTITIES: Final = 500
"""Places that an event names; more are told in another event."""

Coding: TypeAlias = "Mapping[str, str]"


class Touched(NamedTuple):
    """What one event tells of: FHIR's action and interaction, and the places ("Type/id") it was about."""

    action: str
    interaction: str
    patients: Sequence[str]
    places: Sequence[str]


_OUTCOMES: Final[Mapping[Outcome, str]] = {
    "success": "0",
    "partial": "4",
    "refused": "4",
    "abandoned": "4",
    "failed": "8",
}
"""https://hl7.org/fhir/R4/valueset-audit-event-outcome.html"""

_READS: Final = {"read": "R", "vread": "R", "history-instance": "R"}
_WRITES: Final = {"create": "C", "update": "U", "delete": "D"}
_ACTIONS: Final = {**_READS, **_WRITES, "patch": "U"}
WRITING: Final = frozenset({*_WRITES, "patch", "transaction"})
_FHIR: Final = frozenset({*_READS, *WRITING, "search-type"})
"""Interactions that FHIR has a word for; all others are operations."""

_TYPE: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
    "code": "rest",
    "display": "RESTful Operation",
}
_INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
_OWN_INTERACTION: Final = "urn:dmi-graph:interaction"
_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_CLIENT: Final = {"system": _DICOM, "code": "110153", "display": "Source Role ID"}
_SERVER: Final = {"system": _DICOM, "code": "110152", "display": "Destination Role ID"}
_OBSERVER: Final = {
    "observer": {"display": "dmi-graph"},
    "type": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/security-source-type",
            "code": "4",
            "display": "Application Server",
        }
    ],
}
_ENTITY_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_PERSON: Final = {"system": _ENTITY_TYPE, "code": "1", "display": "Person"}
_OBJECT: Final = {"system": _ENTITY_TYPE, "code": "2", "display": "System Object"}
_PATIENT: Final = {"system": _ROLE, "code": "1", "display": "Patient"}
_RESOURCE: Final = {"system": _ROLE, "code": "4", "display": "Domain Resource"}
_QUERY: Final = {"system": _ROLE, "code": "24", "display": "Query"}
_REQUEST_ID: Final = {
    "system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
    "code": "XrequestId",
}


def touched(use: Use, patients: Sequence[str], read: Sequence[str], kept: Iterable[tuple[str, str]]) -> list[Touched]:
    """What events tell of: places that were read, and ("create", place) and the like that were written."""
    found = []
    written: dict[str, list[str]] = {}
    for operation, place in kept:
        written.setdefault(operation, []).append(place)
    for operation, places in written.items():
        word = "patch" if use.interaction == "patch" else operation
        found.append(Touched(_WRITES[operation], word, patients, places))
    if read and use.interaction in WRITING:  # what is written is checked against what is there
        found.append(Touched("R", "read", patients, read))
    elif read or not found:
        found.append(Touched(_ACTIONS.get(use.interaction, "E"), use.interaction, patients, read))
    return [part for each in found for part in _parts(each)]


def audit_event(id: str, recorded: str, record: Record, use: Use, what: Touched) -> Resource:  # noqa: A002 - FHIR's word
    """The event of a request that tells of one kind of what it did."""
    errors = ", ".join(sorted(use.errors))
    return {
        "resourceType": "AuditEvent",
        "id": id,
        "type": _TYPE,
        "subtype": list(_subtypes(what.interaction)),
        "action": what.action,
        "recorded": recorded,
        "outcome": _OUTCOMES[use.outcome],
        **({"outcomeDesc": errors} if errors else {}),
        "agent": [_client(use), {"type": {"coding": [_SERVER]}, "who": {"display": "dmi-graph"}, "requestor": False}],
        "source": _OBSERVER,
        "entity": [
            *({"what": {"reference": place}, "type": _PERSON, "role": _PATIENT} for place in what.patients),
            *({"what": {"reference": place}, "type": _OBJECT, "role": _RESOURCE} for place in what.places),
            *_asked(use),
            {"what": {"identifier": {"value": record.id}}, "type": _REQUEST_ID},
        ],
    }


def _parts(what: Touched) -> Iterator[Touched]:
    """The same in parts of a size that an event can have; a patient is told with each resource of the patient's."""
    whole = [*((True, each) for each in what.patients), *((False, each) for each in what.places)]
    waiting = iter(whole)
    while part := list(islice(waiting, MOST_ENTITIES)):
        yield what._replace(
            patients=[place for is_patient, place in part if is_patient],
            places=[place for is_patient, place in part if not is_patient],
        )
    if not whole:
        yield what


def _subtypes(interaction: str) -> Iterator[Coding]:
    if interaction in _FHIR:
        yield {"system": _INTERACTION, "code": interaction}
    else:
        yield {"system": _INTERACTION, "code": "operation"}
        yield {"system": _OWN_INTERACTION, "code": interaction or "none"}


def _client(use: Use) -> dict[str, Any]:
    who = {"identifier": {"value": use.principal}} if use.principal else {"display": "a client without a name"}
    network = {"network": {"address": use.client, "type": "2"}} if use.client else {}
    return {"type": {"coding": [_CLIENT]}, "who": who, "requestor": True, **network}


def _asked(use: Use) -> Iterator[dict[str, Any]]:
    """The document and the numbers of what was given, without any value of a query."""
    details = {"operation": use.operation, "document": use.document, "target": use.target}
    details |= {f"given {name}": str(number) for name, number in use.given.items()}
    told = [{"type": name, "valueString": value} for name, value in details.items() if value]
    if told:
        yield {"type": _OBJECT, "role": _QUERY, "detail": told}
