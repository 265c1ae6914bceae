"""A transaction that is sent again under its Idempotency-Key, though a server that was killed has stored it already.

What it creates has the ids of the first time, and all of it was stored together: where one is there, all was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.intake.kept import version_of
from app.store.repository import Stored
from app.store.version import STAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir.resource import Resource
    from app.intake.transaction.entries import Entry
    from app.intake.writer import Writer


async def done_before(writer: Writer, entries: Sequence[Entry]) -> list[tuple[Stored, bool]] | None:
    """What became of each entry, and whether that created it; None where nothing was done before.

    What was created is told as it was then, all else as it is now."""
    created = [entry for entry in entries if entry.method == "POST"]
    for type_ in sorted({entry.type for entry in created}):
        if await writer.whole.heads(type_, [entry.id for entry in created if entry.type == type_]):
            return [await _become(writer, entry) for entry in entries]
    return None


async def _become(writer: Writer, entry: Entry) -> tuple[Stored, bool]:
    is_new = entry.method == "POST"
    if version := await writer.whole.version(entry.type, entry.id, 1 if is_new else None):
        told = version.resource if is_new or writer.readable(entry.type) else _bare(version.resource)
        return Stored(told, version.version), is_new
    there = await entry.condition.match(writer) if entry.condition else None
    return Stored(there, version_of(there) if there else 0, changed=False), False


def _bare(resource: Resource | None) -> Resource | None:
    """What the sender of a resource knows of it, and no more: another one may have changed it since."""
    if resource is None:
        return None
    meta = {name: resource["meta"][name] for name in STAMP}
    return {"resourceType": resource["resourceType"], "id": resource["id"], "meta": meta}
