"""A store as it was at one moment, read while others write: of each resource the versions up to that moment."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from app.intake.ledger import let_go
from app.store.version import instant, utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.intake.ledger import Ledger
    from app.store.repository import Version

BATCH: Final = 200
_FENCE: Final = "snapshot"
_TICK: Final = 0.002
"""Seconds after which no write has the same time any more, which is told in milliseconds."""


class Histories(Protocol):
    """The part of a repository that reading all of it needs."""

    async def histories(self, type: str, after: str, count: int) -> Sequence[Sequence[Version]]:  # noqa: A002 - FHIR's word
        """As `Repository.histories`."""


@dataclass(frozen=True, slots=True)
class Part:
    """The next resources of a type up to the id `after`: histories that end at the moment, of live resources and of
    deleted ones."""

    after: str
    live: Sequence[Sequence[Version]]
    deleted: Sequence[Sequence[Version]]


async def present_moment(ledger: Ledger) -> str:
    """The instant of now, when every write of an earlier or the same time can be read.

    On the embedded store a write has its time once it is its turn, and this waits for a turn of its own. On MongoDB a
    write that was on its way may still be missing; it is in an export `--since` some seconds before."""
    moment = instant(utc_now())
    await asyncio.sleep(_TICK)
    name, holder = f"{_FENCE}:{uuid.uuid4()}", str(uuid.uuid4())
    await ledger.reserve(name, holder, 1.0)
    await let_go(ledger, name, holder)
    return moment


async def parts(
    store: Histories,
    type: str,  # noqa: A002 - FHIR's word
    moment: str,
    since: str = "",
    after: str = "",
) -> AsyncIterator[Part]:
    """The resources of a type, as they were at the moment, that had changed later than `since`; by id, behind `after`.
    What was made later than the moment is left out. Constant memory."""
    while batch := await store.histories(type, after, BATCH):
        after = batch[-1][0].id
        cut = [_until(history, moment) for history in batch]
        there = [history for history in cut if history and history[-1].at > since]
        yield Part(
            after,
            [history for history in there if history[-1].resource is not None],
            [history for history in there if history[-1].resource is None],
        )


def _until(history: Sequence[Version], moment: str) -> Sequence[Version]:
    """The versions up to a moment. The keys are those of the last version: nearly always the same."""
    last = history[-1]
    if last.at <= moment:
        return history
    earlier = [version for version in history if version.at <= moment]
    if earlier and earlier[-1].resource is not None:
        earlier[-1] = replace(earlier[-1], keys=last.keys)
    return earlier
