"""A store moved into another one with all histories. Both are read side by side, by id, and compared line by line: what
differs is copied, so a copy that was interrupted goes on, and one that changes nothing any more is verified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from app.upkeep.history_line import history_line
from app.upkeep.snapshot import BATCH, Histories

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.store.repository import Version

    History = Sequence[Version]


class Target(Histories, Protocol):
    """The part of a repository that is copied to."""

    async def restore(self, histories: Sequence[Sequence[Version]]) -> int:
        """As `Repository.restore`."""


@dataclass(slots=True)
class Compared:
    """Two stores of one type so far: how many resources the first has, how many of them were copied, how many the
    second has that the first has not, and the hash of all histories of the first."""

    resources: int = 0
    copied: int = 0
    foreign: int = 0
    hash: Any = field(default_factory=sha256)


async def copy(source: Histories, target: Target, type: str) -> AsyncIterator[Compared]:  # noqa: A002 - FHIR's word
    """Copy each resource of a type whose history the target has not in the same words; yields now and then the same
    value, which goes on to be counted in. Constant memory. Raises DuplicateKey."""
    compared = Compared()
    waiting: list[History] = []
    ours, theirs = _walk(source, type), _walk(target, type)
    own, other = await anext(ours, None), await anext(theirs, None)
    while own:
        while other and _id(other) < _id(own):
            compared.foreign += 1
            other = await anext(theirs, None)
        line = history_line(own)
        compared.hash.update(line)
        compared.resources += 1
        there = other if other and _id(other) == _id(own) else None
        if there is None or history_line(there) != line:
            waiting.append(own)
        if there:
            other = await anext(theirs, None)
        own = await anext(ours, None)
        if len(waiting) == BATCH:
            compared.copied += await target.restore(waiting)
            waiting = []
        if compared.resources % BATCH == 0:
            yield compared
    while other:
        compared.foreign += 1
        other = await anext(theirs, None)
    if waiting:
        compared.copied += await target.restore(waiting)
    yield compared


async def digest(source: Histories, types: Sequence[str]) -> str:
    """The hash of all histories of a store."""
    whole = sha256()
    for type_ in types:
        async for history in _walk(source, type_):
            whole.update(history_line(history))
    return whole.hexdigest()


async def _walk(store: Histories, type: str) -> AsyncIterator[History]:  # noqa: A002 - FHIR's word
    after = ""
    while batch := await store.histories(type, after, BATCH):
        for history in batch:
            yield history
        after = batch[-1][0].id


def _id(history: History) -> str:
    return history[0].id
