"""Criteria as filters of the algebra: of devices, of procedures, of devices that no procedure knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.fhir.udi import gtin, parse_udi
from app.recall.reading import forms
from app.search.algebra import And, In, Linked, Missing, Not, Or, Prefix, Range, Referenced
from app.search.chains import prefixes
from app.search.normal import PREFIX_LIMIT, limited, token
from app.search.texts import IDENTIFIER

if TYPE_CHECKING:
    from app.recall.criteria import Criteria
    from app.search.algebra import Filter

FOCAL: Final = "focal_device"
USED: Final = "used_reference"

COUNTED: Final = Not(In("status", ("entered-in-error", "not-done")))
"""Procedures that count: planned and running ones do too, for a recall must not miss anybody."""

VALID: Final = Not(In("status", ("entered-in-error",)))
"""Devices that are no mistake of the one who recorded them."""

BY_IDENTIFIER: Final = (f"{FOCAL}{IDENTIFIER}", f"{USED}{IDENTIFIER}")
"""The parameters under which procedures name devices by an identifier."""


@dataclass(frozen=True, slots=True)
class _Names:
    """The search parameters of a device: its own, or those of the procedure that contains it."""

    di: str
    lot: str
    serial: str
    manufacturer: str
    definition_type: str
    type: str
    lpp: str
    definition: str
    expiry: str


_OWN: Final = _Names(
    di="traced_di",
    lot="traced_lot",
    serial="traced_serial",
    manufacturer="manufacturer",
    definition_type="definitionType",
    type="type",
    lpp="lpp",
    definition="definition",
    expiry="expiration_date",
)
_CONTAINED: Final = _Names(
    di="contained_di",
    lot="contained_lot",
    serial="contained_serial",
    manufacturer="contained_manufacturer",
    definition_type="contained_definition_type",
    type="contained_type",
    lpp="contained_lpp",
    definition="contained_definition",
    expiry="contained_expiration_date",
)


def devices(criteria: Criteria, base: str) -> Filter:
    """Devices that meet every criterion of what they are."""
    return _meeting(criteria, _OWN, base)


def using(criteria: Criteria, base: str) -> Filter:
    """Procedures that refer to such a device, and count."""
    return And((procedures(criteria, base), referring(criteria, base)))


def containing(criteria: Criteria, base: str) -> Filter:
    """Procedures that contain devices which meet each criterion, though maybe not one device all of them."""
    return And((procedures(criteria, base), _meeting(criteria, _CONTAINED, base)))


def involving(criteria: Criteria, base: str) -> Filter:
    """Procedures of `using` or of `containing`."""
    found = Or((referring(criteria, base), _meeting(criteria, _CONTAINED, base)))
    return And((procedures(criteria, base), found))


def procedures(criteria: Criteria, base: str) -> Filter:
    """Procedures that count, in the period and on behalf of the organizations that are asked for."""
    return performed(criteria.implanted_from, criteria.implanted_to, criteria.organization, base)


def performed(start: str | None, end: str | None, organizations: tuple[str, ...], base: str) -> Filter:
    """Procedures that count, meet the interval [start, end), and were done on behalf of one of the organizations."""
    found: list[Filter] = [COUNTED]
    if start is not None or end is not None:
        found.append(Range("date", hi_after=start, lo_before=end))
    if organizations:
        found.append(In("on_behalf_of", _organization_forms(organizations, base)))
    return And(tuple(found))


def referring(criteria: Criteria, base: str) -> Filter:
    """Procedures with such a device as focal device or among what they used, named by its id or by an identifier."""
    known, device = prefixes("Device", base), devices(criteria, base)
    linked = (Linked(parameter, "Device", device, known) for parameter in (FOCAL, USED))
    return Or((*linked, *named_by(criteria.identifiers)))


def named_by(identifiers: tuple[str, ...]) -> tuple[Filter, ...]:
    """Procedures that name a device by one of the identifiers; nothing where there are none."""
    return tuple(In(parameter, identifiers) for parameter in BY_IDENTIFIER) if identifiers else ()


def used_in(procedure: Filter, base: str) -> Filter:
    """Devices that such a procedure refers to."""
    known = prefixes("Device", base)
    return Or(tuple(Referenced("Procedure", parameter, procedure, known) for parameter in (FOCAL, USED)))


def borne(base: str) -> Filter:
    """Devices that name a patient, and that no procedure which counts refers to."""
    named = Or((Missing("patient", missing=False), Missing("patient:identifier", missing=False)))
    return And((named, VALID, Not(used_in(COUNTED, base))))


def bearing(identifiers: tuple[str, ...]) -> tuple[Filter, ...]:
    """Devices that have one of the identifiers; nothing where there are none."""
    return (In("identifier", identifiers),) if identifiers else ()


def without_procedure(criteria: Criteria, base: str) -> Filter:
    """Devices of the recall that name a patient and have no procedure: their owner is one of the organizations that
    are asked for, or is not known."""
    unnamed = tuple(Not(named) for named in bearing(criteria.identifiers))
    return And((devices(criteria, base), borne(base), *unnamed, *owned(criteria.organization, base)))


def listed_without_procedure(criteria: Criteria, base: str) -> Filter | None:
    """The same, or None where a period of implantation is asked for: nobody knows when these were implanted."""
    dated = criteria.implanted_from is not None or criteria.implanted_to is not None
    return None if dated else without_procedure(criteria, base)


def implanted(criteria: Criteria, base: str) -> tuple[Filter, ...]:
    """All stored devices of the recall in parts that have none in common: with a procedure, and without one."""
    referred = used_in(procedures(criteria, base), base)
    used = And((devices(criteria, base), Or((referred, *bearing(criteria.identifiers_within)))))
    alone = listed_without_procedure(criteria, base)
    return (used,) if alone is None else (used, alone)


def owned(organizations: tuple[str, ...], base: str) -> tuple[Filter, ...]:
    """Devices whose owner is one of the organizations or is not known; nothing where no organization is given."""
    if not organizations:
        return ()
    return (Or((In("organization", _organization_forms(organizations, base)), Missing("organization"))),)


def _meeting(criteria: Criteria, names: _Names, base: str) -> Filter:
    found: list[Filter] = []
    if criteria.udi_di:
        known = tuple(sorted({form for di in criteria.udi_di for form in _di_forms(di)}))
        found.append(Or((In(names.di, known), _defined(In("traced_di", known), names, base))))
    if criteria.lot:
        found.append(In(names.lot, tuple(map(limited, criteria.lot))))
    if criteria.serial:
        found.append(In(names.serial, tuple(map(limited, criteria.serial))))
    if criteria.manufacturer:
        found.append(Or(tuple(_made_by(name[:PREFIX_LIMIT], names, base) for name in criteria.manufacturer)))
    if criteria.emdn:
        found.append(Or(tuple(_of_emdn(code, names, base) for code in criteria.emdn)))
    if criteria.lpp:
        codes = In("lpp", tuple(token(None, code) for code in criteria.lpp))
        found.append(Or((In(names.lpp, codes.values), _defined(codes, names, base))))
    if criteria.expires_before is not None:
        found.append(Range(names.expiry, lo_before=criteria.expires_before))
    return And(tuple(found))


def _di_forms(text: str) -> set[str]:
    """The identifier as it may be recorded; of a whole UDI string, the identifier in it. HIBC has a plus sign ahead,
    which some leave out."""
    di = parse_udi(text).di or text
    known = {text, di, gtin(di), di.removeprefix("+"), f"+{di.removeprefix('+')}"}
    return {token(None, form) for each in known for form in (each, each.upper(), each.lower())}


def _made_by(name: str, names: _Names, base: str) -> Filter:
    return Or((Prefix(names.manufacturer, name), _defined(Prefix("manufacturer", name), names, base)))


def _of_emdn(code: str, names: _Names, base: str) -> Filter:
    """A level of the nomenclature adds two digits to the code of the one above it."""
    prefix = token(None, code)
    own = (Prefix(names.definition_type, prefix), Prefix(names.type, prefix))
    return Or((*own, _defined(Prefix("definitionType", prefix), names, base)))


def _defined(definition: Filter, names: _Names, base: str) -> Filter:
    return Linked(names.definition, "DeviceDefinition", definition, prefixes("DeviceDefinition", base))


def _organization_forms(ids: tuple[str, ...], base: str) -> tuple[str, ...]:
    return tuple(form for id_ in ids for form in forms("Organization", id_, base))
