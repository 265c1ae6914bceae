"""Load: resources with their own ids, in bulk; each is checked; one equal to what is stored makes no new version.

References are not looked up: what they lead to may come later.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from app.fhir.json import encode
from app.intake.verdict import judge
from app.store.repository import Write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from app.errors import Issue
    from app.fhir.resource import Json
    from app.profiles import Validator
    from app.store.repository import Stored

BATCH = 500


class Writer(Protocol):
    """The part of a repository that loading needs."""

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """As `Repository.write`."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one resource: stored as `place` (Procedure/x), left as it was (not `changed`), or refused."""

    source: str
    place: str
    changed: bool
    issues: tuple[Issue, ...]

    @property
    def refused(self) -> bool:
        """Whether an issue kept it out of the store."""
        return any(issue.severity in ("error", "fatal") for issue in self.issues)


async def load(validator: Validator, writer: Writer, sent: Iterable[tuple[str, Json]]) -> AsyncIterator[Loaded]:
    """Check and store (source, resource) pairs in batches; a refused one does not stop the others. Constant memory."""
    pairs = iter(sent)
    while batch := list(islice(pairs, BATCH)):
        verdicts = [(source, judge(validator, value)) for source, value in batch]
        writes = [_write(verdict.accepted()) for _, verdict in verdicts if verdict.valid]
        stored = iter(zip(writes, await writer.write(writes), strict=True))
        for source, verdict in verdicts:
            if not verdict.valid:
                yield Loaded(source, "", changed=False, issues=verdict.issues)
                continue
            write, result = next(stored)
            yield Loaded(source, f"{write.type}/{write.id}", changed=result.changed, issues=verdict.issues)


def _write(resource: Json) -> Write:
    """A resource without an id gets one made from its content, so that loading it again makes no second one."""
    id_ = resource.get("id") or str(uuid.uuid5(uuid.NAMESPACE_URL, encode(resource).decode()))
    return Write(resource["resourceType"], id_, resource)
