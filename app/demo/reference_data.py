"""What every procedure refers to and no procedure adds to: hospitals, makers, models, places, practitioners."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from app.demo.acts import SPECIALTIES, Term
from app.demo.catalogue import MODELS, device_definition
from app.demo.chance import chance
from app.demo.organizations import (
    HOSPITALS,
    MAKERS,
    PHARMACY,
    WARD,
    hospital_entity,
    internal_organization,
    location,
    maker_entity,
)
from app.demo.people import practitioner, practitioner_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.demo.organizations import HospitalEntry
    from app.fhir.resource import Resource

_ROOMS: Final = 6
_SURGEONS: Final = 4  # in each service of each hospital
_PHARMACISTS: Final = 2
_PHARMACIST: Final = Term("46255001", "Pharmacien")


@dataclass(frozen=True, slots=True)
class Hospital:
    """The ids of a hospital's parts; services and surgeons by specialty."""

    id: str
    entry: HospitalEntry
    rooms: tuple[str, ...]
    store: str
    pharmacy: str
    pharmacists: tuple[str, ...]
    services: Mapping[str, str]
    surgeons: Mapping[str, tuple[str, ...]]


def hospitals(prefix: str) -> tuple[Hospital, ...]:
    """The hospitals by their parts' ids; `reference_data` gives the parts."""
    return tuple(_hospital(prefix, rank, entry) for rank, entry in enumerate(HOSPITALS, start=1))


def maker_id(prefix: str, key: str) -> str:
    """The id of a maker's legal entity."""
    return f"{prefix}-maker-{key}"


def reference_data(seed: int, prefix: str) -> Iterator[Resource]:
    """Every resource that exists before the first patient, each after those it refers to."""
    rng = chance(seed, "organizations")
    for rank, (key, name) in enumerate(MAKERS.items(), start=1):
        yield maker_entity(maker_id(prefix, key), name, rank, rng)
    for models in MODELS.values():
        for model in models:
            yield device_definition(prefix, model, maker_id(prefix, model.kind.maker))
    for rank, hospital in enumerate(hospitals(prefix), start=1):
        yield hospital_entity(hospital.id, hospital.entry, rank, rng)
        yield from _places(hospital)
        yield from _services(hospital)
    yield from _staff(seed, prefix)


def _hospital(prefix: str, rank: int, entry: HospitalEntry) -> Hospital:
    own = f"{prefix}-hospital-{rank}"
    return Hospital(
        id=own,
        entry=entry,
        rooms=tuple(f"{own}-room-{room}" for room in range(1, _ROOMS + 1)),
        store=f"{own}-store",
        pharmacy=f"{own}-pharmacy",
        pharmacists=tuple(f"{own}-pharmacist-{number}" for number in range(1, _PHARMACISTS + 1)),
        services={key: f"{own}-{key}" for key in SPECIALTIES},
        surgeons={key: tuple(f"{own}-{key}-{number}" for number in range(1, _SURGEONS + 1)) for key in SPECIALTIES},
    )


def _places(hospital: Hospital) -> Iterator[Resource]:
    for number, room in enumerate(hospital.rooms, start=1):
        yield location(room, f"Bloc opératoire, salle {number}", hospital.id)
    yield location(hospital.store, "Arsenal stérile", hospital.id)


def _services(hospital: Hospital) -> Iterator[Resource]:
    yield internal_organization(hospital.pharmacy, "Pharmacie à usage intérieur", PHARMACY, hospital.id, hospital.store)
    for room, (key, service) in enumerate(hospital.services.items()):
        place = hospital.rooms[room % len(hospital.rooms)]
        yield internal_organization(service, SPECIALTIES[key].service, WARD, hospital.id, place)


def _staff(seed: int, prefix: str) -> Iterator[Resource]:
    rng, ranks = chance(seed, "staff"), count(1)
    for hospital in hospitals(prefix):
        posts = [
            (person, hospital.services[key], SPECIALTIES[key].code)
            for key, people in hospital.surgeons.items()
            for person in people
        ]
        posts += [(person, hospital.pharmacy, _PHARMACIST) for person in hospital.pharmacists]
        for person, service, specialty in posts:
            yield practitioner(person, next(ranks), rng)
            yield practitioner_role(f"{person}-role", person, service, specialty)
