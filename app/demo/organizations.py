"""Legal entities, internal organizations and places: three invented hospitals and the makers that supply them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.demo.datatypes import (
    DISCRIMINATOR,
    FR_IDENTIFIER_TYPE,
    concept,
    extension,
    identifier,
    profiled,
    reference,
)
from app.fhir.check_digits import luhn

if TYPE_CHECKING:
    from random import Random

    from app.fhir.resource import Json, Resource

_NOS: Final = "https://mos.esante.gouv.fr/NOS"
_TYPE: Final = f"{_NOS}/TRE_R207-TypeOrganisationInterne/FHIR/TRE-R207-TypeOrganisationInterne"
_CATEGORY: Final = f"{_NOS}/TRE_R244-CategorieOrganisation/FHIR/TRE-R244-CategorieOrganisation"
PHARMACY: Final = ("82", "Pharmacie à Usage Intérieur (PUI)")
WARD: Final = ("16", "Unité d'hospitalisation (hors HDJ)")


@dataclass(frozen=True, slots=True)
class HospitalEntry:
    """A hospital as the tables name it; `host` is a reserved internet name, under which its own numbers stand."""

    name: str
    long_name: str
    host: str
    city: str
    postal_code: str


HOSPITALS: Final = (
    HospitalEntry(
        name="CHU de Valmont",
        long_name="Centre hospitalier universitaire de Valmont",
        host="chu-valmont.example",
        city="Valmont-sur-Aure",
        postal_code="99100",
    ),
    HospitalEntry(
        name="CH des Trois-Rivières",
        long_name="Centre hospitalier des Trois-Rivières",
        host="ch-trois-rivieres.example",
        city="Trois-Rivières",
        postal_code="99200",
    ),
    HospitalEntry(
        name="Clinique Sainte-Aurore",
        long_name="Clinique mutualiste Sainte-Aurore",
        host="sainte-aurore.example",
        city="Port-Éloi",
        postal_code="99300",
    ),
)

MAKERS: Final = {
    "argos": "Argos Optique médicale",
    "ariane": "Ariane Endovasculaire",
    "asclepia": "Asclépia Cardio",
    "dedale": "Dédale Orthopédie",
    "galatee": "Galatée Implants",
    "hippocrene": "Hippocrène Articulations",
    "orphee": "Orphée Audition",
    "penelope": "Pénélope Textiles chirurgicaux",
}
"""Invented makers, by the key the catalogue uses."""


def hospital_entity(id: str, entry: HospitalEntry, rank: int, rng: Random) -> Resource:  # noqa: A002 - FHIR's word
    """A hospital (profile dmi-organization-ej), known nationally by its FINESS number. `rank` keeps numbers apart."""
    siren, finess = _with_key(f"9900{rank:02d}", rng), _with_key(f"9910{rank:02d}", rng)
    return {
        **profiled("Organization", id, "dmi-organization-ej"),
        "identifier": [
            _national("1" + finess),
            _siren(siren),
            identifier(FR_IDENTIFIER_TYPE, "FINEJ", "https://finess.esante.gouv.fr", finess),
        ],
        "active": True,
        "name": entry.name,
        "alias": [entry.long_name],
        "address": [{"city": entry.city, "postalCode": entry.postal_code, "country": "FR"}],
    }


def maker_entity(id: str, name: str, rank: int, rng: Random) -> Resource:  # noqa: A002 - FHIR's word
    """A maker (profile dmi-organization-ej), known nationally by its SIREN, in EUDAMED by its SRN."""
    siren = _with_key(f"9920{rank:02d}", rng)
    srn = f"FR-MF-{990_000_000 + rank:09d}"
    return {
        **profiled("Organization", id, "dmi-organization-ej"),
        "identifier": [
            _national("2" + siren),
            _siren(siren),
            identifier(DISCRIMINATOR, "numeroSRN", "https://ec.europa.eu/tools/eudamed", srn),
        ],
        "active": True,
        "name": name,
    }


def internal_organization(
    id: str,  # noqa: A002 - FHIR's word
    name: str,
    category: tuple[str, str],
    part_of: str,
    place: str,
) -> Resource:
    """A service of a hospital (profile dmi-organization-interne) and where it is."""
    return {
        **profiled("Organization", id, "dmi-organization-interne"),
        "extension": [
            extension("dmi-organization-location", "valueReference", reference("Location", place)),
        ],
        "active": True,
        "type": [concept(_TYPE, "2", "Structure interne ou Service"), concept(_CATEGORY, *category)],
        "name": name,
        "partOf": reference("Organization", part_of),
    }


def location(id: str, name: str, organization: str) -> Resource:  # noqa: A002 - FHIR's word
    """A room of a hospital; the guide has no profile for it."""
    return {
        "resourceType": "Location",
        "id": id,
        "status": "active",
        "name": name,
        "mode": "instance",
        "managingOrganization": reference("Organization", organization),
    }


def _with_key(start: str, rng: Random) -> str:
    digits = f"{start}{rng.randrange(100):02d}"
    return digits + luhn(digits)


def _national(value: str) -> dict[str, Json]:
    return identifier(FR_IDENTIFIER_TYPE, "IDNST", "urn:oid:1.2.250.1.71.4.2.2", value, "official")


def _siren(value: str) -> dict[str, Json]:
    return identifier(FR_IDENTIFIER_TYPE, "SIREN", "https://sirene.fr", value)
