"""The patient compartment: which resources of a type a token for one patient reaches.

https://hl7.org/fhir/R4/compartmentdefinition-patient.html (4.0.1), with three differences, each to the narrow side:
written may be only what is about the patient, not what the patient performed for somebody else; Group, AuditEvent and
Provenance, each of which may tell of many patients, are not reached; of devices, which FHIR has in no compartment,
those are that name the patient, or that name nobody and that a procedure on the patient refers to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.search.algebra import ID, And, Eq, In, Missing, Or, Referenced
from app.search.chains import forms, prefixes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.search.algebra import Filter

EVERYTHING: Final = And(())
NOTHING: Final = Or(())

PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Procedure": ("patient", "performer"),
    "Encounter": ("patient",),
    "Condition": ("patient", "asserter"),
    "Observation": ("subject", "performer"),
    "DiagnosticReport": ("subject",),
    "DocumentReference": ("subject", "author"),
    "ServiceRequest": ("subject", "performer"),
    "CarePlan": ("patient", "performer"),
    "RelatedPerson": ("patient",),
    "MedicationAdministration": ("patient", "performer", "subject"),
    "SupplyRequest": ("subject",),
    "SupplyDelivery": ("patient",),
    "DeviceRequest": ("subject", "performer"),
    "Invoice": ("subject", "patient", "recipient"),
}
"""Type → the search parameters that lead to the patient; the first one is about whom the resource is."""

SHARED: Final = ("Practitioner", "PractitionerRole", "Organization", "DeviceDefinition", "Location")
"""Types that are in no compartment and tell of no patient: all of them may be read, none written."""

OUTSIDE: Final = ("Group", "AuditEvent", "Provenance", "Bundle")
"""Types that are not reached."""

_USES: Final = ("focal_device", "used_reference")
_UNNAMED: Final = (Missing("patient"), Missing("patient:identifier"))


def read_by(patient: str, type_name: str, base: str, *, procedures: bool) -> Filter:
    """What a token for the patient may read of a type, where its scopes say so; `base` is this server's FHIR address.
    `procedures`: whether it may see the patient's procedures, so that it knows which devices they refer to."""
    texts = forms(f"Patient/{patient}", base)
    if type_name in SHARED:
        return EVERYTHING
    if type_name == "Patient":
        return Or((Eq(ID, patient), In("link", texts)))
    if type_name == "Device":
        used = And((*_UNNAMED, _used(texts, base)))
        return Or((In("patient", texts), used)) if procedures else In("patient", texts)
    return Or(tuple(In(parameter, texts) for parameter in PARAMETERS.get(type_name, ())))


def written_by(patient: str, type_name: str, base: str) -> Filter:
    """What a token for the patient may write of a type: as it is, and as it will be."""
    if type_name == "Patient":
        return Eq(ID, patient)
    about = ("patient",) if type_name == "Device" else PARAMETERS.get(type_name, ())[:1]
    return Or(tuple(In(parameter, forms(f"Patient/{patient}", base)) for parameter in about))


def told_by(patient: str, type_name: str, base: str) -> Filter:
    """What an earlier version has to be like beside, as it may have been of somebody else."""
    if type_name == "Device":
        return Or((In("patient", forms(f"Patient/{patient}", base)), And(_UNNAMED)))
    return read_by(patient, type_name, base, procedures=False)


def _used(texts: tuple[str, ...], base: str) -> Filter:
    known = prefixes("Device", base)
    return Or(tuple(Referenced("Procedure", parameter, In("patient", texts), known) for parameter in _USES))
