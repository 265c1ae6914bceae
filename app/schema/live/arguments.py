"""What a subscriber may ask for: `patient`, `organization`, `device`, `lot`, `status`, for each type those that it can
tell of, as filters of the search algebra.

A list is OR, and so is a comma in a value; several arguments are AND, as in lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.fhir.reference import ID as FHIR_ID
from app.schema.types.fields import argument, list_of, nullable
from app.search.algebra import ID, And, Eq, In, Or
from app.search.arguments import either
from app.search.chains import linked
from app.search.escapes import split, unescaped
from app.search.normal import folded, limited
from app.search.parameters import parameters
from app.search.problems import empty, malformed
from app.search.value_counts import check_number_of_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from strawberry.types.arguments import StrawberryArgument

    from app.search.algebra import Filter

CURSOR: Final = "cursor"
LOT: Final = "lot"


class Asked(NamedTuple):
    """An argument: what it says in the schema, and the type of the resource that its values name, if they do."""

    description: str
    target: str = ""


ARGUMENTS: Final[Mapping[str, Asked]] = {
    "patient": Asked("Whom it is about: an id, or Patient/id.", "Patient"),
    "organization": Asked("The organization that it names: an id, or Organization/id.", "Organization"),
    "device": Asked("A device that it names: an id, or Device/id.", "Device"),
    LOT: Asked("The lot of a device that it names or contains, whole, without regard to case; also in a UDI string."),
    "status": Asked("Its status, token."),
}

_OF_PATIENT: Final = {"patient": ("patient",)}
_STATUS: Final = {"status": ("status",)}
_PERFORMED: Final = {"organization": ("performer",)}

PARAMETERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "Procedure": {
        **_OF_PATIENT,
        "organization": ("on_behalf_of",),
        "device": ("focal_device", "used_reference"),
        "lot": ("contained_lot", "focal_device.traced_lot", "used_reference.traced_lot"),
        **_STATUS,
    },
    "Patient": {"patient": (ID,), "organization": ("organization",)},
    "Practitioner": {},
    "PractitionerRole": {"organization": ("organization",)},
    "Organization": {"organization": (ID,)},
    "Device": {**_OF_PATIENT, "organization": ("organization",), "device": (ID,), "lot": ("traced_lot",), **_STATUS},
    "DeviceDefinition": {},
    "Encounter": {**_OF_PATIENT, "organization": ("service_provider",), **_STATUS},
    "Location": {"organization": ("organization",), **_STATUS},
    "Condition": {**_OF_PATIENT, "status": ("clinical_status",)},
    "Observation": {**_OF_PATIENT, **_PERFORMED, "device": ("device",), **_STATUS},
    "DiagnosticReport": {**_OF_PATIENT, **_PERFORMED, **_STATUS},
    "DocumentReference": {**_OF_PATIENT, "organization": ("custodian",), **_STATUS},
    "ServiceRequest": {**_OF_PATIENT, **_PERFORMED, **_STATUS},
    "CarePlan": {**_OF_PATIENT, **_PERFORMED, **_STATUS},
    "Group": {"organization": ("managing_entity",)},
    "RelatedPerson": _OF_PATIENT,
    "MedicationAdministration": {**_OF_PATIENT, "device": ("device",), **_STATUS},
    "SupplyRequest": {"patient": ("subject",), "organization": ("supplier",), **_STATUS},
    "SupplyDelivery": {
        **_OF_PATIENT,
        "organization": ("supplier",),
        "device": ("supplied_item",),
        "lot": ("supplied_item.traced_lot",),
        **_STATUS,
    },
    "DeviceRequest": {**_OF_PATIENT, **_PERFORMED, "device": ("device",), **_STATUS},
    "Invoice": {**_OF_PATIENT, "organization": ("issuer",), **_STATUS},
    "AuditEvent": {**_OF_PATIENT, "organization": ("agent",)},
    "Provenance": {**_OF_PATIENT, "organization": ("agent",)},
    "Bundle": {"device": ("entry_device",), "lot": ("entry_device.traced_lot",)},
}
"""Type → argument → the search parameters of which one has to match; one behind a dot is of the Device that the
parameter ahead of it refers to."""


def subscription_arguments(type_name: str) -> list[StrawberryArgument]:
    """The arguments of `TChanged`."""
    asked = [argument(name, list_of(str), ARGUMENTS[name].description) for name in PARAMETERS[type_name]]
    return [*asked, argument(CURSOR, nullable(str), "That of a change: what came behind it is told first.")]


def wanted(type_name: str, arguments: Mapping[str, Any], base: str) -> Filter:
    """The filter of a subscription's arguments; one that is null is absent. `base` is this server's FHIR address as
    searches know it. Raises InvalidSearch."""
    return And(
        tuple(
            Or(tuple(_found(type_name, parameter, values, base) for parameter in parameters_))
            for name, parameters_ in PARAMETERS[type_name].items()
            if arguments.get(name) is not None
            for values in (_values(type_name, name, parameters_[0], arguments[name], base),)
        )
    )


def _found(type_name: str, parameter: str, values: tuple[str, ...], base: str) -> Filter:
    reference, _, inner = parameter.rpartition(".")
    found = In(inner, values)
    return linked(reference, "Device", found, base) if reference else found


def _values(type_name: str, name: str, parameter: str, given: Sequence[str | None], base: str) -> tuple[str, ...]:
    """The values of an argument as texts by which resources are found."""
    check_number_of_values(type_name, name, given)
    if name == LOT:
        return tuple(_lots(given or [""]))
    target = ARGUMENTS[name].target
    if parameter == ID:
        return tuple(_ids(name, target, given or [""]))
    known = parameters(type_name)[parameter]
    # Errors tell the name of the argument.
    found = either(replace(known, name=name, targets=(target,) if target else known.targets), given, base)
    if not isinstance(found, Eq | In):
        raise malformed(name, known.kind)
    return (found.value,) if isinstance(found, Eq) else found.values


def _ids(name: str, type_name: str, given: Sequence[str | None]) -> Iterator[str]:
    for part in (part for each in given for part in (each or "").split(",")):
        id_ = part.removeprefix(f"{type_name}/")
        if not id_:
            raise empty(name)
        if not FHIR_ID.fullmatch(id_):
            raise malformed(name, "id")
        yield id_


def _lots(given: Sequence[str | None]) -> Iterator[str]:
    for part in (part for each in given for part in split(each or "", ",")):
        text = folded(unescaped(part))
        if not text:
            raise empty(LOT)
        yield limited(text)
