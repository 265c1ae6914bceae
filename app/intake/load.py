"""Load: resources with their own ids, in bulk; each is checked; one equal to what is stored makes no new version.

References are not looked up: what they lead to may come later.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

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


MOST_FINDINGS: Final = 10_000
"""Findings after which a batch is closed: each has a text in two languages."""


class Judged(NamedTuple):
    """Where a resource comes from, what was sent, and what the rules say of it."""

    source: str
    content: Json | DmiError
    verdict: Verdict


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
    for batch in _batches(_judged(rules, sent)):
        for each in await _loaded(rules, writer, batch):
            yield each


async def load_unpacked(rules: Rules, writer: FullWriter, sent: Iterable[Sent]) -> AsyncIterator[Loaded]:
    """As `load`, but of a Bundle the entries are stored, all or none, as a transaction that is sent. Raises
    NoTransactions."""
    for bundles, group in groupby(sent, key=lambda pair: is_bundle(pair[1])):
        if bundles:
            for source, bundle in group:
                changed, issues = await unpack(rules, writer, bundle)
                yield Loaded(source, "", changed, issues, "Bundle", bundle)
        else:
            async for each in load(rules, writer, group):
                yield each


def _judged(rules: Rules, sent: Iterable[Sent]) -> Iterator[Judged]:
    for source, content in sent:
        unread = isinstance(content, DmiError)
        yield Judged(source, content, Verdict(None, content.issues) if unread else judge(rules.validator, content))


def _batches(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    batch: list[Judged] = []
    size = findings = 0
    for each in judged:
        batch.append(each)
        size += len(each.content) if isinstance(each.content, str | bytes) else 0
        findings += len(each.verdict.issues)
        if len(batch) == BATCH or size > LARGEST or findings > MOST_FINDINGS:
            yield batch
            batch, size, findings = [], 0, 0
    if batch:
        yield batch


async def _loaded(rules: Rules, writer: Writer, batch: Sequence[Judged]) -> list[Loaded]:
    resources = [each.verdict.accepted() for each in batch if each.verdict.valid]
    organizations = {
        f"Organization/{each['id']}": each
        for each in resources
        if each["resourceType"] == "Organization" and "id" in each
    }
    keys = await natural_keys(rules, writer, resources, organizations)
    writes = [_write(resource, own) for resource, own in zip(resources, keys, strict=True)]
    stored = iter(zip(writes, await _stored(writer, writes), strict=True))
    return [_result(*each, next(stored) if each.verdict.valid else None) for each in batch]


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
    """What became of each write. A key that another resource has refuses all that are written with it, so they are
    written in halves, and those again, until it is alone; what is stored already stays as it is."""
    try:
        return list(await writer.write(writes))
    except DuplicateKey as error:
        if len(writes) == 1:
            return [error]
    middle = len(writes) // 2
    return [*await _stored(writer, writes[:middle]), *await _stored(writer, writes[middle:])]


def _write(resource: Json, keys: tuple[str, ...]) -> Write:
    """A resource without an id gets one made from its content, so that loading it again makes no second one."""
    id_ = resource.get("id") or str(uuid.uuid5(uuid.NAMESPACE_URL, encode(resource).decode()))
    return Write(resource["resourceType"], id_, resource, keys=keys)
