"""Implants that wait in the pharmacy's store: ordered, received one by one, not yet implanted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.demo.datatypes import EVENT_TYPES, concept, extension, profiled, reference
from app.demo.devices import device, recorded
from app.demo.reference_data import maker_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from app.demo.devices import Unit
    from app.demo.procedures import Operation
    from app.fhir.resource import Resource

_ORDER: Final = concept(EVENT_TYPES, "CDM", "Commande de dispositifs médicaux")
_DEVICE: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/supply-item-type", "code": "device"}]}


def stocked(operation: Operation, unit: Unit, rng: Random) -> Iterator[Resource]:
    """The order of a unit, the unit in the store of the hospital, and its reception on the day of an operation."""
    prefix, hospital, day = operation.prefix, operation.hospital, operation.day
    key = unit.id.rpartition("device-")[2]
    pharmacist = rng.choice(hospital.pharmacists)
    ordered = day - timedelta(days=rng.randrange(3, 21))
    order, reception = f"{prefix}-order-{key}", f"{prefix}-reception-{key}"
    yield {
        **profiled("SupplyRequest", order, "dmi-supplyrequest-entete-commande"),
        "identifier": [{"system": f"https://{hospital.entry.host}/commande", "value": f"CDM{key}"}],
        "status": "completed",
        "itemCodeableConcept": _ORDER,
        "quantity": {"value": 1},
        "authoredOn": ordered.isoformat(),
        "requester": reference("Practitioner", pharmacist),
        "deliverTo": reference("Organization", hospital.pharmacy),
    }
    yield {
        **device(prefix, unit, recorded(rng), rng),
        "owner": reference("Organization", hospital.id),
        "location": reference("Location", hospital.store),
    }
    yield {
        **profiled("SupplyDelivery", reception, "dmi-supplydelivery-reception-unitaire"),
        "extension": [
            extension(
                "dmi-reference-organisation-interne",
                "valueReference",
                reference("Organization", hospital.pharmacy),
            )
        ],
        "identifier": [{"system": f"https://{hospital.entry.host}/reception", "value": f"REC{key}"}],
        "basedOn": [reference("SupplyRequest", order)],
        "status": "completed",
        "type": _DEVICE,
        "suppliedItem": {"quantity": {"value": 1}, "itemReference": reference("Device", unit.id)},
        "occurrenceDateTime": day.isoformat(),
        "supplier": reference("Organization", maker_id(prefix, unit.model.kind.maker)),
        "destination": reference("Location", hospital.store),
        "receiver": [reference("Practitioner", pharmacist)],
    }
