"""Erasing what a plan names, batch by batch. An AuditEvent that tells of a batch is written with it, and survives it.

It names places, time, author and reason, and nothing that was in the resources. On a MongoDB without transactions it is
written before, and where the erasing is interrupted then, it names what is still there; repeated, that goes under an
AuditEvent of its own. Source: https://hl7.org/fhir/R4/auditevent.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from app.store.repository import Write
from app.store.version import instant
from app.upkeep.erasure_order import batches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence
    from datetime import datetime

    from app.fhir.resource import Resource
    from app.store.repository import LastLook
    from app.upkeep.last_look import Erased, PlanWatch

FEW: Final = 1_000
"""Resources written meanwhile that may be looked at while nobody else writes."""

ROUNDS: Final = 3
"""So often the purge tries to catch up with those who write."""

_LIFECYCLE: Final = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_ERASED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle",
    "code": "15",
    "display": "Permanent erasure/Physical destruction",
}


class Eraser(Protocol):
    """The part of a repository that erasing needs."""

    async def reached(self) -> str:
        """As `Repository.reached`."""

    def written(self, since: str) -> AsyncIterator[Resource]:
        """As `Repository.written`."""

    async def erase(self, type: str, ids: Collection[str], look: LastLook | None = None) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.erase`."""


class Why(NamedTuple):
    """The reason of an erasure, and whose it is."""

    reason: str
    by: str


async def erase(store: Eraser, watch: PlanWatch) -> AsyncIterator[Erased]:
    """Erase what a plan names and what is still to go then, in batches of one type."""
    for type_, ids in batches(watch.links()):
        await _catch_up(store, watch)
        await store.erase(type_, ids, watch)
        yield watch.outcome


async def _catch_up(store: Eraser, watch: PlanWatch) -> None:
    """Look at what has been written until now, so that little is left to look at while nobody else writes."""
    for _ in range(ROUNDS):
        number, until = 0, await store.reached()
        async for resource in store.written(watch.since):
            number += watch.see([resource])
        watch.since = until
        if number < FEW:
            return


def trail(why: Why, clock: Callable[[], datetime]) -> Callable[[Sequence[str]], Write]:
    """Makes the write of the AuditEvent that tells of an erasure."""

    def write(places: Sequence[str]) -> Write:
        event = audit_event(places, why, instant(clock()))
        return Write("AuditEvent", str(uuid.uuid4()), event, expected=0, author=why.by)

    return write


def audit_event(places: Sequence[str], why: Why, recorded: str) -> Resource:
    """The AuditEvent that tells of an erasure."""
    return {
        "resourceType": "AuditEvent",
        "type": {"system": _LIFECYCLE, "code": "destroy", "display": "Destroy/Delete Record Lifecycle Event"},
        "action": "D",
        "recorded": recorded,
        "outcome": "0",
        "purposeOfEvent": [{"text": why.reason}],
        "agent": [{"who": {"display": why.by}, "requestor": True}],
        "source": {"observer": {"display": "dmi-graph purge"}},
        "entity": [
            {
                "what": {"reference": place},
                "lifecycle": _ERASED,
            }
            for place in places
        ],
    }
