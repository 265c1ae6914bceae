"""Histories from lines back into a store, with their numbers, times and authors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from app.errors import DmiError, DuplicateKey
from app.intake.load import Loaded
from app.intake.verdict import judge
from app.upkeep.history_line import history_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from app.intake.load import Sent
    from app.intake.verdict import Rules
    from app.store.repository import Version

BATCH: Final = 200


class Restorer(Protocol):
    """The part of a repository that restoring needs."""

    async def restore(self, histories: Sequence[Sequence[Version]]) -> int:
        """As `Repository.restore`."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of some lines: by type, how many histories were not there in the same words, and how many were; and
    those that were refused."""

    lines: int
    changed: Mapping[str, int]
    same: Mapping[str, int]
    refused: Sequence[Loaded]


async def restore(rules: Rules, restorer: Restorer, sent: Iterable[Sent]) -> AsyncIterator[Restored]:
    """Keep the histories of lines in place of what is stored under their ids. What becomes current has to be valid, as
    whatever is loaded; earlier versions are history as they are."""
    lines = iter(sent)
    while batch := list(islice(lines, BATCH)):
        accepted: dict[str, list[tuple[Sent, Sequence[Version]]]] = {}
        refused: list[Loaded] = []
        for each in batch:
            try:
                history = _accepted(rules, each[1])
            except DmiError as error:
                refused.append(_refusal(each, error))
            else:
                accepted.setdefault(history[0].type, []).append((each, history))
        changed, same = {}, {}
        for type_name, group in accepted.items():
            changed[type_name], clashes = await _restored(restorer, group)
            same[type_name] = len(group) - len(clashes) - changed[type_name]
            refused += clashes
        yield Restored(len(batch), changed, same, refused)


def _accepted(rules: Rules, content: object) -> Sequence[Version]:
    if isinstance(content, DmiError):
        raise content
    history = history_of(content if isinstance(content, bytes) else b"")
    if history[-1].resource is not None:
        judge(rules.validator, history[-1].resource).accepted()
    return history


async def _restored(
    restorer: Restorer, accepted: Sequence[tuple[Sent, Sequence[Version]]]
) -> tuple[int, Sequence[Loaded]]:
    """How many were not there, and those with a key that another resource has: they refuse a whole batch, so they are
    told apart by restoring each by itself."""
    try:
        return await restorer.restore([history for _, history in accepted]), ()
    except DuplicateKey:
        changed, clashes = 0, []
        for sent, history in accepted:
            try:
                changed += await restorer.restore([history])
            except DuplicateKey as error:
                clashes.append(_refusal(sent, error))
        return changed, clashes


def _refusal(sent: Sent, error: DmiError) -> Loaded:
    source, content = sent
    return Loaded(source, "", changed=False, issues=error.issues, sent=content)
