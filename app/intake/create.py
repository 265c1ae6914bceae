"""Create: a valid resource becomes version 1 under a new id. https://hl7.org/fhir/R4/http.html#create"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from app.errors import DuplicateKey, VersionConflict
from app.intake.condition import condition
from app.intake.identity import random_id
from app.intake.intervention import natural_keys
from app.intake.kept import Kept, found, kept
from app.intake.ledger import LEASE, Patience, holding, let_go
from app.intake.verdict import examine
from app.store.repository import Write

if TYPE_CHECKING:
    from app.fhir.resource import Json
    from app.intake.identity import NewId
    from app.intake.verdict import Rules
    from app.intake.writer import Writer


async def create(  # noqa: PLR0913, PLR0917 - the parts of FHIR's request
    rules: Rules,
    writer: Writer,
    type: str,  # noqa: A002 - FHIR's word
    sent: Json,
    if_none_exist: str | None = None,
    new_id: NewId = random_id,
) -> Kept:
    """Check a resource and store it under a new id; as FHIR has it, an id that was sent is not used.

    Where one resource meets the condition `if_none_exist` ("identifier=system|value"), that one is answered, and what
    was sent is not looked at. Raises InvalidResource with every issue, DuplicateKey, InvalidSearch for a condition that
    cannot be understood, PreconditionFailed where several meet it, InProgress; then nothing is stored."""
    writer.demand(type, "c")
    if if_none_exist is None:
        return await _create(rules, writer, type, sent, new_id)
    asked = condition(type, if_none_exist, rules.base)
    holder = str(uuid.uuid4())
    patience = Patience()
    while not (there := await asked.match(writer)):
        if (await writer.reserve(asked.name, holder, LEASE)).held:
            try:
                async with holding(writer, [asked.name], holder):
                    there = await asked.match(writer)
                    return found(there) if there else await _create(rules, writer, type, sent, new_id)
            finally:
                await let_go(writer, asked.name, holder)
        await patience.pause()
    return found(there)


async def _create(rules: Rules, writer: Writer, type_name: str, sent: Json, new_id: NewId) -> Kept:
    verdict = await examine(rules, writer, sent, type_name)
    resource = verdict.accepted()
    [keys] = await natural_keys(rules, writer.whole, [resource])
    write = Write(type_name, new_id(resource), resource, expected=0, keys=keys)
    try:
        [stored] = await writer.write([write])
    except (VersionConflict, DuplicateKey):
        first = await writer.whole.version(type_name, write.id, 1)
        if first is None or first.resource is None:
            raise
        return Kept(first.resource, 1, verdict.issues, created=True)  # the same request stored it before
    return kept(stored, verdict.issues, created=True)
