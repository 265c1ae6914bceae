"""Unpacking: the entries of a Bundle in a file are stored as those of a transaction that is sent, once.

The new ids are made from the text of the Bundle: one that was stored before, and is read again, is known by them.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from app.errors import DuplicateKey, InProgress, InvalidResource, MalformedJson, VersionConflict
from app.fhir.json import decode, encode
from app.intake.identity import RepeatableIds
from app.intake.transaction.transact import transact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.errors import Issue
    from app.fhir.resource import Json
    from app.intake.verdict import Rules
    from app.intake.writer import Writer
    from app.store.repository import Stored, Write

_NAME = b"Bundle"


def is_bundle(sent: Json) -> bool:
    """Whether a JSON value, or the text of one, is a Bundle."""
    if isinstance(sent, bytes):
        if _NAME not in sent:
            return False
        try:
            sent = decode(sent)
        except MalformedJson:
            return False
    return isinstance(sent, dict) and sent.get("resourceType") == "Bundle"


async def unpack(rules: Rules, writer: Writer, bundle: Json) -> tuple[bool, tuple[Issue, ...]]:
    """Store the entries of a Bundle, all or none: whether anything was changed, and the issues. Raises NoTransactions
    and StoreUnavailable; whatever else keeps it out is among the issues."""
    text = bundle if isinstance(bundle, bytes) else encode(bundle)
    watched = _Watched(writer)
    try:
        ids = RepeatableIds(f"load\n{sha256(text).hexdigest()}")
        transaction = await transact(rules, cast("Writer", watched), bundle, ids)
    except (InvalidResource, VersionConflict, DuplicateKey, InProgress) as refusal:
        return False, refusal.issues
    return watched.changed, transaction.warnings


class _Watched:
    """A Writer that notes whether what is written changes anything; all else the one behind it does."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.changed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """As `Repository.write`."""
        stored = await self._writer.write(writes, together=together)
        self.changed = self.changed or any(each.changed for each in stored)
        return stored
