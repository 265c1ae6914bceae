"""What a device is traced by, whether its own elements say it or the UDI string that was read from its label.

These are the data types of our own parameters that no FHIR data type names: "Udi.di" and the like are read from a
Device.udiCarrier, "Traceability" from a whole Device. Broken data yields nothing."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Final

from app.fhir.dates import InvalidDate, date_bounds
from app.fhir.remembering import remembered, remembered_pair
from app.fhir.udi import NONE, Udi, gtin, parse_udi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.fhir.resource import Json

DI: Final = "Udi.di"


def device_identifiers(carrier: Json) -> Iterator[str]:
    """The device identifier as it is written and, of a shorter GTIN, with the zeros a UDI writes ahead of it."""
    written = carrier.get("deviceIdentifier") if isinstance(carrier, dict) else None
    for di in (written, *(udi.di for udi in _read(carrier))):
        if isinstance(di, str) and di:
            yield di
            if (padded := gtin(di)) != di:
                yield padded


def udi_of(carrier: Json) -> Udi:
    """What a Device.udiCarrier tells: each part as people read it, else as it was scanned."""
    return _merged(*_texts(carrier))


def expiry(carrier: Json) -> str:
    """The expiry in a UDI string as a FHIR date; "" where it has none."""
    return udi_of(carrier).expiry


def traceability(device: Json) -> Iterator[str]:
    """Which parts of a full UDI a device has: "udi" is its device identifier; "complete" is all, "none" is none."""
    if not isinstance(device, dict):
        return
    carriers = device.get("udiCarrier")
    carriers = carriers if isinstance(carriers, list) else []
    read = [udi_of(carrier) for carrier in carriers]
    parts = {
        "udi": any(any(device_identifiers(carrier)) for carrier in carriers),
        "lot-or-serial": any(udi.lot or udi.serial for udi in read)
        or _is_text(device.get("lotNumber"))
        or _is_text(device.get("serialNumber")),
        "expiry": any(udi.expiry for udi in read) or _is_date(device.get("expirationDate")),
    }
    yield from (name for name, has in parts.items() if has)
    if all(parts.values()):
        yield "complete"
    if not any(parts.values()):
        yield "none"


def _lots(carrier: Json) -> Iterator[str]:
    yield from dict.fromkeys(udi.lot for udi in _read(carrier))


def _serials(carrier: Json) -> Iterator[str]:
    yield from dict.fromkeys(udi.serial for udi in _read(carrier))


TRACED: Final[Mapping[str, Callable[[Json], Iterator[str]]]] = {
    DI: device_identifiers,
    "Udi.lot": _lots,
    "Udi.serial": _serials,
    "Traceability": traceability,
}
"""Data type → the texts a value of it has; "" is none."""


def _read(carrier: Json) -> tuple[Udi, ...]:
    """The UDI string as people read it, and as it was scanned: a device is found by either, for one may tell less."""
    return _parsed(*_texts(carrier))


def _texts(carrier: Json) -> tuple[str, str]:
    """The two UDI strings of a carrier, "" for one that it lacks."""
    if not isinstance(carrier, dict):
        return "", ""
    read, scan = carrier.get("carrierHRF"), carrier.get("carrierAIDC")
    return read if isinstance(read, str) else "", scan if isinstance(scan, str) else ""


@remembered_pair  # each of a device's parameters asks
def _parsed(read: str, scan: str) -> tuple[Udi, ...]:
    return tuple(parse_udi(text) for text in (read, _decoded(scan)) if text)


@remembered_pair
def _merged(read: str, scan: str) -> Udi:
    udis = _parsed(read, scan)
    return Udi(*(next(filter(None, parts), "") for parts in zip(*udis, strict=True))) if udis else NONE


def _decoded(scan: str) -> str:
    try:
        return b64decode(scan, validate=True).decode()
    except ValueError:  # binascii.Error and UnicodeDecodeError are ValueErrors
        return ""


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_date(value: Json) -> bool:
    return isinstance(value, str) and _is_date_text(value)


@remembered
def _is_date_text(text: str) -> bool:
    try:
        return bool(date_bounds(text))
    except InvalidDate:
        return False
