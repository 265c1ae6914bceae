"""Keep resources that are known to be valid, such as the demo data: no rule is applied again."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from app.intake.intervention import intervention_keys
from app.store.repository import Write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from app.fhir.resource import Resource
    from app.intake.load import Writer

BATCH: Final = 4_000


async def keep(writer: Writer, resources: Iterable[Resource]) -> AsyncIterator[int]:
    """Write resources under their own ids in batches; yields the size of each batch. Constant memory."""
    waiting = iter(resources)
    while batch := [as_write(resource) for resource in islice(waiting, BATCH)]:
        await writer.write(batch)
        yield len(batch)


def as_write(resource: Resource) -> Write:
    """The write of a resource under its own id."""
    return Write(resource["resourceType"], resource["id"], resource, keys=intervention_keys(resource))
