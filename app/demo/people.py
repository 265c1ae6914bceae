"""Practitioners, their roles, and patients. Everyone is invented; telephone numbers are those kept for fiction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from app.demo.datatypes import (
    FR_IDENTIFIER_TYPE,
    HL7_IDENTIFIER_TYPE,
    SNOMED,
    concept,
    identifier,
    profiled,
    reference,
)
from app.demo.table import rows, words
from app.fhir.check_digits import luhn, nir_key

if TYPE_CHECKING:
    from random import Random

    from app.demo.acts import Term
    from app.demo.organizations import HospitalEntry
    from app.fhir.resource import Json, Resource

_FAMILIES: Final = words("family_names.txt")
_WOMEN: Final = words("given_names_women.txt")
_MEN: Final = words("given_names_men.txt")
_CITIES: Final = tuple((row["city"], row["postal_code"]) for row in rows("cities.csv"))
_STREETS: Final = ("rue de l’Église", "avenue de la République", "place du Marché", "rue des Écoles")
_INS: Final = "urn:oid:1.2.250.1.213.1.4.8"
_BIRTH_ORDERS: Final = 999_000  # places 000 to 999, in each the order numbers 001 to 999
_SCATTER: Final = 611_953  # prime to _BIRTH_ORDERS, so that neighbours in the stream are none in the register


@dataclass(frozen=True, slots=True)
class Person:
    """A patient as the stream makes them up: `number` from 1, and the hospital that knows them."""

    number: int
    born: date
    woman: bool
    hospital: HospitalEntry
    died: date | None = None


def practitioner(id: str, rank: int, rng: Random) -> Resource:  # noqa: A002 - FHIR's word
    """A practitioner (profile dmi-practitioner) with an RPPS number; `rank` keeps the numbers apart."""
    digits = f"99{rank:04d}{rng.randrange(10_000):04d}"
    rpps = digits + luhn(digits)
    woman = rng.random() < 0.45
    return {
        **profiled("Practitioner", id, "dmi-practitioner"),
        "identifier": [
            identifier(FR_IDENTIFIER_TYPE, "IDNPS", "urn:oid:1.2.250.1.71.4.2.1", "8" + rpps, "official"),
            identifier(FR_IDENTIFIER_TYPE, "RPPS", "https://rpps.esante.gouv.fr", rpps),
        ],
        "active": True,
        "name": [{"use": "official", **_name(rng, woman=woman), "prefix": ["Dr"]}],
        "telecom": [{"system": "phone", "value": f"+33199{rng.randrange(10_000):06d}", "use": "work"}],
        "gender": "female" if woman else "male",
    }


def practitioner_role(id: str, practitioner_id: str, service: str, specialty: Term) -> Resource:  # noqa: A002 - FHIR's word
    """What a practitioner does in which service."""
    return {
        "resourceType": "PractitionerRole",
        "id": id,
        "active": True,
        "practitioner": reference("Practitioner", practitioner_id),
        "organization": reference("Organization", service),
        "specialty": [concept(SNOMED, *specialty)],
    }


def birth_date(number: int, year: int, rng: Random) -> date:
    """A day of the year in the month that keeps NIR apart: patients that share place and order differ in month."""
    return date(year, 1 + (number + number // _BIRTH_ORDERS) % 12, 1 + rng.randrange(28))


def nir(person: Person) -> str:
    """The NIR of a patient, 13 characters and key, born in the invented places 99000 to 99999.

    No two of the first twelve million patients have the same."""
    place, order = divmod(person.number * _SCATTER % _BIRTH_ORDERS, 999)
    digits = f"{2 if person.woman else 1}{person.born:%y%m}99{place:03d}{order + 1:03d}"
    return digits + nir_key(digits)


def patient(id: str, person: Person, rng: Random) -> Resource:  # noqa: A002 - FHIR's word
    """A patient (profile dmi-patient) with a national number (INS) and the number the hospital gave (IPP).

    The INS is typed twice: NH as the parent profile wants it, INS-NIR as it is called today."""
    city, postal_code = rng.choice(_CITIES)
    ins = identifier(HL7_IDENTIFIER_TYPE, "NH", _INS, nir(person), "official")
    ins["type"]["coding"].append({"system": FR_IDENTIFIER_TYPE, "code": "INS-NIR"})
    return {
        **profiled("Patient", id, "dmi-patient"),
        "identifier": [
            ins,
            identifier(
                HL7_IDENTIFIER_TYPE, "PI", f"https://{person.hospital.host}/ipp", f"{person.number:09d}", "usual"
            ),
        ],
        "active": True,
        "name": _patient_names(rng, woman=person.woman),
        "telecom": [{"system": "phone", "value": f"+336399{rng.randrange(80_000, 90_000)}", "use": "mobile"}],
        "gender": "female" if person.woman else "male",
        "birthDate": person.born.isoformat(),
        **({"deceasedDateTime": person.died.isoformat()} if person.died else {}),
        "address": [
            {
                "use": "home",
                "line": [f"{rng.randrange(1, 120)} {rng.choice(_STREETS)}"],
                "city": city,
                "postalCode": postal_code,
                "country": "FR",
            }
        ],
    }


def _patient_names(rng: Random, *, woman: bool) -> list[dict[str, Json]]:
    official = {"use": "official", **_name(rng, woman=woman)}
    if not woman or rng.random() < 0.4:
        return [official]
    return [official, {"use": "usual", "family": rng.choice(_FAMILIES), "given": official["given"]}]


def _name(rng: Random, *, woman: bool) -> dict[str, Json]:
    given = rng.choice(_WOMEN if woman else _MEN)
    return {"family": rng.choice(_FAMILIES), "given": [given]}
