"""Business completeness: what a traceable implant should have although neither R4 nor the guide demands it.

Only warnings, each with a rule of its own name. What needs several resources is in `coherence`.
Sources: order of 8 September 2021 (UDI, lot or serial, expiry of implants); INSEE (SIREN), GS1 General Specifications.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.fhir.check_digits import gs1, luhn
from app.profiles.finding import Finding, Kind, business_warning
from app.profiles.invariant import has, objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.fhir.resource import Json, Resource


WITHOUT_UDI_DI = business_warning(
    "device-udi-di",
    "{path} is missing: without the UDI-DI the model of the implant cannot be traced. Record it from the label.",
    "{path} est absent : sans l’IUD-ID, le modèle de l’implant n’est pas traçable. Relevez-le sur l’étiquette.",
)
WITHOUT_LOT_AND_SERIAL = business_warning(
    "device-lot-or-serial",
    "{path} has neither lotNumber nor serialNumber: a recall cannot find this implant. Record one of them.",
    "{path} n’a ni lotNumber ni serialNumber : un rappel ne peut retrouver cet implant. Relevez l’un des deux.",
)
WITHOUT_EXPIRY = business_warning(
    "device-expiry",
    "{path} is missing: whether the implant was usable cannot be shown. Record the expiry date from the label.",
    "{path} est absent : rien ne montre que l’implant était utilisable. Relevez la date de péremption sur l’étiquette.",
)
GTIN = business_warning(
    "gtin-check-digit",
    "{path} is not a GTIN: its check digit is wrong. Scan the label again.",
    "{path} n’est pas un GTIN : son chiffre de contrôle est faux. Relisez l’étiquette.",
)
SIREN = business_warning(
    "siren-check-digit",
    "{path} is not a SIREN or SIRET: its check digit is wrong. Correct it.",
    "{path} n’est pas un SIREN ou SIRET : son chiffre de contrôle est faux. Corrigez-le.",
)
FINESS = business_warning(
    "finess-check-digit",
    "{path} is not a FINESS number: its check digit is wrong. Correct it.",
    "{path} n’est pas un numéro FINESS : son chiffre de contrôle est faux. Corrigez-le.",
)


def completeness_findings(resource: Resource, type_name: str) -> Iterator[Finding]:
    """The warnings about one resource by itself."""
    for rule in _RULES.get(type_name, ()):
        for finding in rule(resource):
            yield Finding(finding.kind, finding.below, rule=finding.kind.aspect)


def _identified_implant(device: Resource) -> Iterator[Finding]:
    if device.get("status") == "entered-in-error":
        return
    if not any(has(carrier, "deviceIdentifier") for carrier in objects(device, "udiCarrier")):
        yield Finding(WITHOUT_UDI_DI, ".udiCarrier.deviceIdentifier")
    if not (has(device, "lotNumber") or has(device, "serialNumber")):
        yield Finding(WITHOUT_LOT_AND_SERIAL)
    if not has(device, "expirationDate"):
        yield Finding(WITHOUT_EXPIRY, ".expirationDate")


_GS1_ISSUERS: Final = frozenset({"http://hl7.org/fhir/NamingSystem/gs1-di", "http://hl7.org/fhir/NamingSystem/gs1"})


def _gtin(element: str) -> Callable[[Resource], Iterator[Finding]]:
    """The 14-digit numbers of an element that holds device identifiers, issued by GS1 or by nobody named."""

    def rule(resource: Resource) -> Iterator[Finding]:
        items = resource.get(element)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            number = item.get("deviceIdentifier") if isinstance(item, dict) else None
            issued = isinstance(item, dict) and item.get("issuer") in (*_GS1_ISSUERS, None)
            if issued and _digits(number, 14) and not _ends_in(gs1, str(number)):
                yield Finding(GTIN, f".{element}[{index}].deviceIdentifier")

    return rule


_LEGAL_NUMBERS: Final[Mapping[str, tuple[Kind, tuple[int, ...]]]] = MappingProxyType(
    {
        "https://sirene.fr": (SIREN, (9, 14)),
        "https://finess.esante.gouv.fr": (FINESS, (9,)),
    }
)
# The establishments of La Poste share one SIREN and are numbered without a Luhn digit.
_LA_POSTE: Final = "356000000"


def _legal_numbers(organization: Resource) -> Iterator[Finding]:
    items = organization.get("identifier")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        system = item.get("system") if isinstance(item, dict) else None
        if not isinstance(system, str) or system not in _LEGAL_NUMBERS:
            continue
        kind, lengths = _LEGAL_NUMBERS[system]
        value = item.get("value")
        known_exception = str(value).startswith(_LA_POSTE)
        if _digits(value, *lengths) and not known_exception and not _ends_in(luhn, str(value)):
            yield Finding(kind, f".identifier[{index}].value")


def _ends_in(check_digit: Callable[[str], str], number: str) -> bool:
    return check_digit(number[:-1]) == number[-1]


def _digits(value: Json, *lengths: int) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) in lengths


_RULES: Final[Mapping[str, tuple[Callable[[Resource], Iterator[Finding]], ...]]] = MappingProxyType(
    {
        "Device": (_identified_implant, _gtin("udiCarrier")),
        "DeviceDefinition": (_gtin("udiDeviceIdentifier"),),
        "Organization": (_legal_numbers,),
    }
)
