"""Load: resources with their own ids, in bulk; each is checked; one equal to what is stored makes no new version.

References are not looked up: what they lead to may come later.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from app.errors import DmiError, DuplicateKey
from app.fhir.json import encode
from app.intake.intervention import natural_keys
from app.intake.unpack import is_bundle, unpack
from app.intake.verdict import Verdict, judge
from app.intake.writer import Finder
from app.store.repository import Write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from app.errors import Issue
    from app.fhir.resource import Json
    from app.intake.verdict import Rules
    from app.intake.writer import Writer as FullWriter
    from app.store.repository import Stored

Sent: TypeAlias = "tuple[str, Json | DmiError]"
"""Where a resource comes from, and the resource or its JSON text, or why it cannot be read."""

BATCH: Final = 4_000
LARGEST: Final = 4_000_000
"""Bytes of text after which a batch is closed, so that large resources do not wait in memory by the hundred."""


class Writer(Finder, Protocol):
    """The part of a repository that loading needs."""

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """As `Repository.write`."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one resource: stored as `place` (Procedure/x), left as it was (not `changed`), or refused.

    `type` is "" where what was sent is no resource; `sent` is what was sent."""

    source: str
    place: str
    changed: bool
    issues: tuple[Issue, ...]
    type: str = ""
    sent: Json | DmiError = None

    @property
    def refused(self) -> bool:
        """Whether an issue kept it out of the store."""
        return any(issue.severity in ("error", "fatal") for issue in self.issues)


async def load(rules: Rules, writer: Writer, sent: Iterable[Sent]) -> AsyncIterator[Loaded]:
    """Check and store resources in batches; a refused one does not stop the others. Each has one answer, in the same
    order, which is given when it is durable. Constant memory."""
    for batch in _batches(sent):
        for each in await _loaded(rules, writer, batch):
            yield each


async def load_unpacked(rules: Rules, writer: FullWriter, sent: Iterable[Sent]) -> AsyncIterator[Loaded]:
    """As `load`, but of a Bundle the entries are stored, all or none, as a transaction that is sent. Raises
    NoTransactions."""
    for batch in _batches(sent):
        for bundles, group in groupby(batch, key=lambda pair: is_bundle(pair[1])):
            if not bundles:
                for each in await _loaded(rules, writer, list(group)):
                    yield each
                continue
            for source, bundle in group:
                changed, issues = await unpack(rules, writer, bundle)
                yield Loaded(source, "", changed, issues, "Bundle", bundle)


def _batches(sent: Iterable[Sent]) -> Iterator[list[Sent]]:
    batch: list[Sent] = []
    size = 0
    for source, content in sent:
        batch.append((source, content))
        size += len(content) if isinstance(content, str | bytes) else 0
        if len(batch) == BATCH or size > LARGEST:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _loaded(rules: Rules, writer: Writer, batch: Sequence[Sent]) -> list[Loaded]:
    verdicts = [
        Verdict(None, content.issues) if isinstance(content, DmiError) else judge(rules.validator, content)
        for _, content in batch
    ]
    resources = [verdict.accepted() for verdict in verdicts if verdict.valid]
    organizations = {
        f"Organization/{each['id']}": each
        for each in resources
        if each["resourceType"] == "Organization" and "id" in each
    }
    keys = await natural_keys(rules, writer, resources, organizations)
    writes = [_write(resource, own) for resource, own in zip(resources, keys, strict=True)]
    stored = iter(zip(writes, await _stored(writer, writes), strict=True))
    return [
        _result(source, content, verdict, next(stored) if verdict.valid else None)
        for (source, content), verdict in zip(batch, verdicts, strict=True)
    ]


def _result(
    source: str, content: Json | DmiError, verdict: Verdict, stored: tuple[Write, Stored | DuplicateKey] | None
) -> Loaded:
    issues, named = verdict.issues, type_of(verdict.resource)
    if stored is None:
        return Loaded(source, "", changed=False, issues=issues, type=named, sent=content)
    write, result = stored
    if isinstance(result, DuplicateKey):
        return Loaded(source, "", changed=False, issues=(*result.issues, *issues), type=named, sent=content)
    return Loaded(source, f"{write.type}/{write.id}", result.changed, issues, named, content)


def type_of(value: Json) -> str:
    """The resource type that a JSON value names, "" for none."""
    name = value.get("resourceType") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


async def _stored(writer: Writer, writes: Sequence[Write]) -> list[Stored | DuplicateKey]:
    """What became of each write. A key that another resource has refuses a whole batch, so that one is told apart by
    writing each by itself; what is stored already stays as it is."""
    try:
        return list(await writer.write(writes))
    except DuplicateKey:
        return [await _alone(writer, write) for write in writes]


async def _alone(writer: Writer, write: Write) -> Stored | DuplicateKey:
    try:
        [stored] = await writer.write([write])
    except DuplicateKey as error:
        return error
    return stored


def _write(resource: Json, keys: tuple[str, ...]) -> Write:
    """A resource without an id gets one made from its content, so that loading it again makes no second one."""
    id_ = resource.get("id") or str(uuid.uuid5(uuid.NAMESPACE_URL, encode(resource).decode()))
    return Write(resource["resourceType"], id_, resource, keys=keys)
