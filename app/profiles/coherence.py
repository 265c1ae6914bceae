"""Whether a procedure agrees with its patient and its devices, as far as they are known. Only warnings.

The caller says what it knows; nothing is looked up here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.fhir.dates import InvalidDate, date_bounds
from app.fhir.reference import Target, parse
from app.profiles.finding import Finding, Findings, business_warning
from app.profiles.invariant import objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from app.errors import Issue
    from app.fhir.resource import Json, Resource


BEFORE_BIRTH = business_warning(
    "procedure-before-birth",
    "{path} is before the birth of the patient. Check the date, the patient, or the birth date.",
    "{path} précède la naissance du patient. Vérifiez la date, le patient ou la date de naissance.",
)
AFTER_DEATH = business_warning(
    "procedure-after-death",
    "{path} is after the death of the patient. Check the date, the patient, or the date of death.",
    "{path} suit le décès du patient. Vérifiez la date, le patient ou la date du décès.",
)
EXPIRED = business_warning(
    "device-expired",
    "{path} refers to a device that had expired on the day of the procedure. Check the device and both dates.",
    "{path} désigne un dispositif périmé le jour de l’intervention. Vérifiez le dispositif et les deux dates.",
)
OTHER_PATIENT = business_warning(
    "device-of-another-patient",
    "{path} refers to a device that is recorded for another patient than the subject. Check both.",
    "{path} désigne un dispositif enregistré pour un autre patient que le sujet. Vérifiez les deux.",
)

_DEVICES: Final = (("focalDevice", "manipulated"), ("usedReference",))


def coherence(procedure: Resource, known: Mapping[str, Resource], base: str = "") -> tuple[Issue, ...]:
    """The warnings about a Procedure in the light of other resources by "Type/id"; what is not known is not judged.

    An absolute reference to `base`, this server's FHIR address, counts as the relative one."""
    findings = Findings()
    for finding in (*_life_findings(procedure, known, base), *_device_findings(procedure, known, base)):
        findings.add(finding, "Procedure", finding.kind.aspect)
    return findings.issues()


def _life_findings(procedure: Resource, known: Mapping[str, Resource], base: str) -> Iterator[Finding]:
    patient = known.get(_key(procedure.get("subject"), base), {})
    for name, performed in _performed(procedure):
        birth, death = _bounds(patient.get("birthDate")), _bounds(patient.get("deceasedDateTime"))
        if birth and performed[1] <= birth[0]:
            yield Finding(BEFORE_BIRTH, f".{name}")
        if death and performed[0] >= death[1]:
            yield Finding(AFTER_DEATH, f".{name}")


def _device_findings(procedure: Resource, known: Mapping[str, Resource], base: str) -> Iterator[Finding]:
    subject = _key(procedure.get("subject"), base)
    for place, reference in _devices(procedure):
        device = known.get(_key(reference, base), {})
        expiry = _bounds(device.get("expirationDate"))
        if expiry and any(performed[0] >= expiry[1] for _, performed in _performed(procedure)):
            yield Finding(EXPIRED, place)
        carrier = _key(device.get("patient"), base)
        if subject and carrier and subject != carrier:
            yield Finding(OTHER_PATIENT, place)


def _performed(procedure: Resource) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
    """The date of the procedure, or the beginning of its period, with the element it stands in."""
    if moment := _bounds(procedure.get("performedDateTime")):
        yield "performedDateTime", moment
    for period in objects(procedure, "performedPeriod"):
        if moment := _bounds(period.get("start")):
            yield "performedPeriod.start", moment


def _devices(procedure: Resource) -> Iterator[tuple[str, Json]]:
    for name, *below in _DEVICES:
        items = procedure.get(name)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                yield "".join((f".{name}[{index}]", *(f".{step}" for step in below))), _below(item, below)


def _below(item: Resource, steps: list[str]) -> Json:
    return next(iter(objects(item, *steps)), None)


def _key(reference: Json, base: str) -> str:
    target = parse(reference)
    return f"{target.type}/{target.id}" if isinstance(target, Target) and target.base in ("", base) else ""


def _bounds(value: Json) -> tuple[datetime, datetime] | None:
    try:
        return date_bounds(value) if isinstance(value, str) else None
    except InvalidDate:
        return None
