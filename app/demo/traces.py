"""Traces of implants to the national event register: an AuditEvent for each operation since the register began."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from app.demo.datatypes import EVENT_TYPES, TDE, reference
from app.demo.dates import paris_time

if TYPE_CHECKING:
    from random import Random

    from app.demo.procedures import Operation
    from app.fhir.resource import Resource

TRACED_SINCE: Final = date(2025, 7, 1)
_OUTCOMES: Final = (("0", "4", "8", "12"), (92, 96, 99, 100))
_SAID: Final = {"4": "Trace incomplète", "8": "Trace refusée", "12": "Registre indisponible"}


def trace(operation: Operation, rng: Random) -> Resource:
    """What became of the trace of an operation, sent the day after (profile tde-auditevent)."""
    hospital = operation.hospital
    outcome = rng.choices(_OUTCOMES[0], cum_weights=_OUTCOMES[1])[0]
    procedure = reference("Procedure", f"{operation.prefix}-procedure-{operation.key}-1")
    return {
        "resourceType": "AuditEvent",
        "id": f"{operation.prefix}-trace-{operation.key}",
        "meta": {"profile": [f"{TDE}/StructureDefinition/tde-auditevent"]},
        "type": {"system": EVENT_TYPES, "code": "9", "display": "Transmission de traces"},
        "recorded": paris_time(operation.day + timedelta(days=1), 6, rng.randrange(60)),
        "outcome": outcome,
        **({"outcomeDesc": _SAID[outcome]} if outcome in _SAID else {}),
        "agent": [{"who": reference("Organization", hospital.id), "requestor": True}],
        "source": {"observer": reference("Organization", hospital.pharmacy)},
        "entity": [{"what": procedure}],
    }
