"""The trail of use as operators read it, and for how long it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.errors import RequestError
from app.fhir.dates import InvalidDate, date_bounds
from app.store.repository import Event
from app.store.version import instant
from app.usage.audit_trail import id_at, new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from app.fhir.resource import Resource
    from app.upkeep.erasing import Why

BATCH: Final = 500

LEAST: Final = timedelta(days=183)
"""What the French data protection authority recommends is half a year to a year, longer where there is a reason:
https://www.cnil.fr/fr/la-cnil-publie-une-recommandation-relative-aux-mesures-de-journalisation"""


class Trail(Protocol):
    """The part of a repository that has the events of use."""

    async def keep_events(self, events: Sequence[Event]) -> None:
        """As `Repository.keep_events`."""

    async def events(self, after: str, count: int) -> Sequence[Event]:
        """As `Repository.events`."""

    async def forget_events(self, before: str) -> int:
        """As `Repository.forget_events`."""


async def events(trail: Trail, since: str = "", until: str = "", about: str = "") -> AsyncIterator[Resource]:
    """The events from the beginning of one date or time to the end of another; only those that name the place `about`
    ("Type/id"), if it is given. Raises RequestError."""
    after = id_at(_bounds("--since", since)[0]) if since else ""
    end = id_at(_bounds("--until", until)[1]) if until else "~"
    while found := await trail.events(after, BATCH):
        for event in found:
            if event.id >= end:
                return
            if not about or about in _places(event.resource):
                yield event.resource
        after = found[-1].id


async def number(trail: Trail, before: str) -> int:
    """How many events there are ahead of an id."""
    counted, after = 0, ""
    while found := [event for event in await trail.events(after, BATCH) if event.id < before]:
        counted, after = counted + len(found), found[-1].id
    return counted


def erased_before(date: str, now: datetime) -> str:
    """The id ahead of which events are erased. Raises RequestError, also for what is too young."""
    before, _ = _bounds("--erase-before", date)
    if before > now - LEAST:
        raise RequestError(
            "--erase-before must be half a year ago or earlier: what is younger is kept.",
            "--erase-before doit remonter à six mois ou plus : ce qui est plus récent est conservé.",
        )
    return id_at(before)


async def erase(trail: Trail, before: str, why: Why, now: datetime) -> int:
    """Erase the events ahead of an id; one that tells of it is kept first. Answers how many there were."""
    id_ = new_id()
    told = await number(trail, before)
    await trail.keep_events([Event(id_, _erasure(id_, instant(now), why, told))])
    return await trail.forget_events(before)


def _erasure(id_: str, recorded: str, why: Why, number_: int) -> Resource:
    return {
        "resourceType": "AuditEvent",
        "id": id_,
        "type": {
            "system": "http://dicom.nema.org/resources/ontology/DCM",
            "code": "110101",
            "display": "Audit Log Used",
        },
        "action": "D",
        "recorded": recorded,
        "outcome": "0",
        "purposeOfEvent": [{"text": why.reason}],
        "agent": [{"who": {"display": why.by}, "requestor": True}],
        "source": {"observer": {"display": "dmi-graph audit"}},
        "entity": [{"name": "audit trail", "detail": [{"type": "events erased", "valueString": str(number_)}]}],
    }


def _places(event: Resource) -> set[str]:
    entities: list[dict[str, Any]] = event.get("entity", [])
    return {each["what"].get("reference", "") for each in entities if "what" in each}


def _bounds(option: str, date: str) -> tuple[datetime, datetime]:
    try:
        return date_bounds(date)
    except InvalidDate:
        raise RequestError(
            f"{option} must be a date or a time, as in 2024-05-06 or 2024-05-06T07:08:09Z.",
            f"{option} doit être une date ou une heure, comme 2024-05-06 ou 2024-05-06T07:08:09Z.",
        ) from None
