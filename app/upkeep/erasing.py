"""Erasing what a plan names, batch by batch. An AuditEvent that tells of a batch is stored first, and survives it.

It names places, time, author and reason, and nothing that was in the resources. One that was written when the erasing
was interrupted names what is still there; repeated, that goes under an AuditEvent of its own.
Source: https://hl7.org/fhir/R4/auditevent.html
"""

from __future__ import annotations

import uuid
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from app.store.repository import Write
from app.store.version import instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from app.fhir.resource import Resource
    from app.store.repository import Head, Stored

BATCH: Final = 500
_LIFECYCLE: Final = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_ERASED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle",
    "code": "15",
    "display": "Permanent erasure/Physical destruction",
}


class Eraser(Protocol):
    """The part of a repository that erasing needs."""

    async def heads(self, type: str, ids: Collection[str]) -> Mapping[str, Head]:  # noqa: A002 - FHIR's word
        """As `Repository.heads`."""

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """As `Repository.write`."""

    async def erase(self, type: str, ids: Collection[str]) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.erase`."""


class Why(NamedTuple):
    """The reason of an erasure, and whose it is."""

    reason: str
    by: str


class Erased(NamedTuple):
    """Resources of a batch that are gone, and those that were left since they have changed meanwhile."""

    gone: int
    changed: Sequence[str]


async def erase(
    store: Eraser, going: Mapping[str, int], why: Why, clock: Callable[[], datetime]
) -> AsyncIterator[Erased]:
    """Erase the places that are still at their versions, in batches of one type."""
    for type_, ids in _batches(going):
        heads = await store.heads(type_, ids)
        here = [id_ for id_ in ids if id_ in heads]
        same = [id_ for id_ in here if heads[id_].version == going[f"{type_}/{id_}"]]
        if same:
            event = audit_event([f"{type_}/{id_}" for id_ in same], why, instant(clock()))
            await store.write([Write("AuditEvent", str(uuid.uuid4()), event, expected=0, author=why.by)])
            await store.erase(type_, same)
        yield Erased(len(same), [f"{type_}/{id_}" for id_ in here if id_ not in same])


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


def _batches(going: Mapping[str, int]) -> Iterator[tuple[str, list[str]]]:
    types: dict[str, list[str]] = {}
    for place in going:
        type_, _, id_ = place.partition("/")
        types.setdefault(type_, []).append(id_)
    for type_, ids in types.items():
        waiting = iter(ids)
        while batch := list(islice(waiting, BATCH)):
            yield type_, batch
