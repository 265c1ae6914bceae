"""Devices: one per physical implant, with the gaps that real records have, so that completeness can be measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from app.demo.catalogue import definition_id
from app.demo.datatypes import EMDN, GS1, concept, extension, profiled, reference
from app.demo.organizations import MAKERS

if TYPE_CHECKING:
    from random import Random

    from app.demo.catalogue import Model
    from app.demo.lots import Lots
    from app.fhir.resource import Json, Resource


@dataclass(frozen=True, slots=True)
class Unit:
    """A physical implant: its lot or its serial number, and its dates."""

    id: str
    model: Model
    manufactured: date
    expires: date
    lot: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What whoever recorded a unit wrote down."""

    udi: bool = True
    expiry: bool = True
    tracing: bool = True
    bearer: bool = True


_RECORDS: Final = (
    Record(),
    Record(udi=False),
    Record(expiry=False),
    Record(tracing=False),
    Record(bearer=False),
)
_RECORD_WEIGHTS: Final = (92, 94, 97, 98, 100)  # cumulative: 2 % no UDI, 3 % no expiry, 1 % no lot, 2 % no bearer
_ENTRY_TYPES: Final = ("barcode", "manual", "rfid")
_EXPIRED: Final = 0.015  # the share of units with a serial number that are used after their date


def unit(id: str, model: Model, day: date, lots: Lots, rng: Random) -> Unit:  # noqa: A002 - FHIR's word
    """The unit of a model that is used or received that day."""
    if not model.kind.serial:
        lot = lots.take(model, day)
        return Unit(id, model, lot.manufactured, lot.expires, lot=lot.number)
    shelf_life = timedelta(days=365 * model.kind.years)
    manufactured = day - timedelta(days=rng.randrange(30, 400))
    if rng.random() < _EXPIRED:
        manufactured -= shelf_life
    serial = f"{rng.randrange(16**6):06X}{id.rpartition('device-')[2].replace('-', '')}"
    return Unit(id, model, manufactured, manufactured + shelf_life, serial=serial)


def recorded(rng: Random) -> Record:
    """How well a unit was recorded."""
    return rng.choices(_RECORDS, cum_weights=_RECORD_WEIGHTS)[0]


def device(prefix: str, unit: Unit, record: Record, rng: Random, *, in_use: bool = True) -> Resource:
    """The unit as it was recorded (profile dmi-device), without bearer or place; `in_use` is False once taken out."""
    model = unit.model
    kind = model.kind
    found: Resource = {
        **profiled("Device", unit.id, "dmi-device"),
        "extension": [extension("dmi-code-emdn", "valueCode", kind.emdn.code)],
        "definition": reference("DeviceDefinition", definition_id(prefix, model)),
    }
    if record.udi:
        found["udiCarrier"] = [_carrier(unit, record, rng)]
    found["status"] = "active" if in_use else "inactive"
    found["manufacturer"] = MAKERS[kind.maker]
    found["manufactureDate"] = unit.manufactured.isoformat()
    if record.expiry:
        found["expirationDate"] = unit.expires.isoformat()
    if record.tracing:
        found.update({"lotNumber": unit.lot} if unit.lot else {"serialNumber": unit.serial})
    found["deviceName"] = [{"name": model.name, "type": "user-friendly-name"}]
    found["modelNumber"] = model.code
    found["type"] = concept(EMDN, *kind.emdn)
    return found


def _carrier(unit: Unit, record: Record, rng: Random) -> dict[str, Json]:
    """The UDI as it is read: (01) GTIN, (17) expiry, (10) lot or (21) serial number.

    Source: GS1 General Specifications, 3.2."""
    read = f"(01){unit.model.gtin}"
    if record.expiry:
        read += f"(17){unit.expires:%y%m%d}"
    if record.tracing:
        read += f"(10){unit.lot}" if unit.lot else f"(21){unit.serial}"
    return {
        "deviceIdentifier": unit.model.gtin,
        "issuer": GS1,
        "carrierHRF": read,
        "entryType": rng.choices(_ENTRY_TYPES, cum_weights=(85, 97, 100))[0],
    }
