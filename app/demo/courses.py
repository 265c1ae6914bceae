"""A patient's course: the patient, then their operations in the order of time.

Everything depends on seed and patient number only, but for the lots, which are used up in the order of the stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

from app.demo.acts import ACT_WEIGHTS, ACTS
from app.demo.catalogue import used_model
from app.demo.chance import chance
from app.demo.datatypes import reference
from app.demo.dates import LAST_DAY, any_day, operating_day, paris_time
from app.demo.devices import device, recorded, unit
from app.demo.people import Person, birth_date, patient
from app.demo.procedures import Operation, condition, encounter, procedure
from app.demo.stock import stocked
from app.demo.traces import TRACED_SINCE, trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from app.demo.acts import Act
    from app.demo.lots import Lots
    from app.demo.reference_data import Hospital
    from app.fhir.resource import Resource

_HOW_MANY: Final = ((1, 2, 3), (80, 97, 100))  # operations, cumulative weights
_STATUSES: Final = (("completed", "not-done", "entered-in-error"), (970, 990, 1000))
_RUNNING_SINCE: Final = LAST_DAY - timedelta(days=3)
_STOCKED_SINCE: Final = date(2025, 7, 1)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all courses of a stream share."""

    seed: int
    prefix: str
    hospitals: tuple[Hospital, ...]
    lots: Lots


def course(setting: Setting, number: int) -> Iterator[Resource]:
    """Patient `number` (from 1) and everything that happened to them; what is referred to comes first."""
    rng = chance(setting.seed, "patient", number)
    act = rng.choices(ACTS, cum_weights=ACT_WEIGHTS)[0]
    operations = _planned(setting, number, act, rng)
    first, last = operations[0], operations[-1]
    yield patient(first.patient, _person(number, act, operations, rng), rng)
    outgoing = _device_id(first, 1) if last.removal else ""
    for operation in operations:
        if operation.stay:
            yield encounter(operation)
        if operation.diagnosis:
            yield condition(operation)
        yield from _performed(setting, operation, outgoing, rng)
        if operation.done and operation.day >= TRACED_SINCE:
            yield trace(operation, chance(setting.seed, "transmission", operation.key))
        if operation.day >= _STOCKED_SINCE and rng.random() < 0.25:
            yield from _restocked(setting, operation, rng)


def _planned(setting: Setting, number: int, act: Act, rng: Random) -> list[Operation]:
    hospital = rng.choice(setting.hospitals)
    side = rng.randrange(len(act.sites))
    wanted = min(rng.choices(_HOW_MANY[0], cum_weights=_HOW_MANY[1])[0], 2 if len(act.sites) == 2 else 3)
    day = any_day(rng)
    operations: list[Operation] = []
    for rank in range(wanted):
        removal = act.removal if operations and _removed(act, operations[0], rng) else None
        on = operating_day(day, rng)
        operations.append(
            Operation(
                prefix=setting.prefix,
                key=f"{number:07d}-{rank + 1}",
                patient=f"{setting.prefix}-patient-{number:07d}",
                hospital=hospital,
                act=act,
                ccam=removal.ccam if removal else act.ccam,
                site=act.sites[side if removal else (side + rank) % len(act.sites)],
                day=on,
                start=paris_time(on, rng.randrange(7, 18), 15 * rng.randrange(4)),
                status=_status(on, rng),
                surgeon=rng.choice(hospital.surgeons[act.specialty]),
                room=rng.choice(hospital.rooms),
                stay=rng.random() < 0.85,
                diagnosis=rng.random() < 0.35,
                removal=removal is not None,
                implants=removal.implants if removal else act.implants,
            )
        )
        day = on + timedelta(days=rng.randrange(20, 1200))
        if removal or day > LAST_DAY:
            break
    return operations


def _removed(act: Act, first: Operation, rng: Random) -> bool:
    """Whether a further operation takes out what the first put in; where there is one place only, it must."""
    return act.removal is not None and first.done and (len(act.sites) == 1 or rng.random() < 0.3)


def _status(day: date, rng: Random) -> str:
    if day >= _RUNNING_SINCE and rng.random() < 0.5:
        return "in-progress"
    return rng.choices(_STATUSES[0], cum_weights=_STATUSES[1])[0]


def _person(number: int, act: Act, operations: list[Operation], rng: Random) -> Person:
    first, last = operations[0].day, operations[-1].day
    died = last + timedelta(days=rng.randrange(15, 1500)) if rng.random() < 0.12 else None
    return Person(
        number=number,
        born=birth_date(number, first.year - rng.randint(*act.ages), rng),
        woman=act.women or rng.random() < 0.5,
        hospital=operations[0].hospital.entry,
        died=died if died and died <= LAST_DAY else None,
    )


def _performed(setting: Setting, operation: Operation, outgoing: str, rng: Random) -> Iterator[Resource]:
    ranks = count(1)
    if operation.removal:
        yield procedure(operation, next(ranks), outgoing, "explantation")
    for kind, rank in zip(operation.implants, ranks, strict=False):
        made = unit(_device_id(operation, rank), used_model(kind, rng), operation.day, setting.lots, rng)
        record = recorded(rng)
        found = device(setting.prefix, made, record, rng, in_use=made.id != outgoing)
        if operation.done and record.bearer:
            found["patient"] = reference("Patient", operation.patient)
        yield found
        yield procedure(operation, rank, made.id, "implantation")


def _restocked(setting: Setting, operation: Operation, rng: Random) -> Iterator[Resource]:
    """A further unit of a kind the operation used, so that recalls find implants that are not implanted yet."""
    model = used_model(operation.act.implants[0], rng)
    return stocked(operation, unit(_device_id(operation, 0), model, operation.day, setting.lots, rng), rng)


def _device_id(operation: Operation, rank: int) -> str:
    """The id of the operation's implant of that rank; 0 is the one that went into the store."""
    return f"{operation.prefix}-device-{operation.key}-{rank}"
