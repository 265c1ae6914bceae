"""Patch: operations on the current version make the next one. https://hl7.org/fhir/R4/http.html#patch"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

from app.errors import VersionConflict
from app.intake.current import alive, check_match, expected_version, head_of, place_of
from app.intake.intervention import natural_keys
from app.intake.json_patch import patched, read_patch
from app.intake.kept import kept
from app.intake.update import TRIES
from app.intake.verdict import examine
from app.store.repository import Head, Write

if TYPE_CHECKING:
    from app.fhir.resource import Json
    from app.intake.kept import Kept
    from app.intake.verdict import Rules
    from app.intake.writer import Writer

PAUSE: Final = 0.02
"""Seconds by which the wait before the next try grows at most."""


async def patch(  # noqa: PLR0913, PLR0917 - the parts of FHIR's request
    rules: Rules,
    writer: Writer,
    type: str,  # noqa: A002 - FHIR's words
    id: str,  # noqa: A002
    sent: Json,
    if_match: str | None = None,
) -> Kept:
    """Apply a JSON Patch, a list or its JSON text, and store the result if it is valid as an update would be.

    Without `if_match` it is applied anew to what another request stored meanwhile. Raises as `json_patch.patched` and
    `update` do, and Gone for a deleted resource; then nothing is stored."""
    writer.demand(type, "ru")  # an operation may test what is there, and the result is told
    expected, place = expected_version(if_match), place_of(type, id)
    operations = await asyncio.to_thread(read_patch, sent)
    for tried in range(1, TRIES + 1):
        # What `read` answers may be some seconds old where another process has written.
        last = await writer.version(type, id)
        if last is None or last.resource is None:
            alive(place, await head_of(writer, type, id))
            continue  # it was restored between the two looks
        version = last.version
        check_match(place, Head(version, deleted=False), expected)
        result = await asyncio.to_thread(patched, last.resource, operations)
        verdict = await examine(rules, writer, result, type)
        resource = verdict.accepted()
        [keys] = await natural_keys(rules, writer.whole, [resource])
        try:
            [stored] = await writer.write([Write(type, id, resource, expected=version, keys=keys)])
        except VersionConflict:
            if isinstance(expected, int) or tried == TRIES:
                raise
            await asyncio.sleep(random.uniform(0, tried * PAUSE))  # noqa: S311 - so that two do not meet for ever
        else:
            return kept(stored, verdict.issues, created=False)
    raise VersionConflict(place, 0)
