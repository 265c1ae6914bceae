"""Create: a valid resource becomes version 1 under a new id. https://hl7.org/fhir/R4/http.html#create"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.intake.surroundings import Reader
from app.intake.verdict import examine
from app.store.repository import Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.errors import Issue
    from app.fhir.resource import Json, Resource
    from app.intake.verdict import Rules
    from app.store.repository import Stored


class Writer(Reader, Protocol):
    """The part of a repository that intake needs."""

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """As `Repository.write`."""


@dataclass(frozen=True, slots=True)
class Creation:
    """What was stored, and the warnings that did not prevent it."""

    resource: Resource
    version: int
    warnings: tuple[Issue, ...]

    @property
    def location(self) -> str:
        """Where the new version can be read, relative to the FHIR base: Procedure/…/_history/1."""
        return f"{self.resource['resourceType']}/{self.resource['id']}/_history/{self.version}"


async def create(rules: Rules, writer: Writer, type: str, sent: Json) -> Creation:  # noqa: A002 - FHIR's word
    """Check a resource and store it under a new id; as FHIR has it, an id that was sent is not used.

    Raises InvalidResource with every issue, and then nothing is stored."""
    verdict = await examine(rules, writer, sent, type)
    write = Write(type, str(uuid.uuid4()), verdict.accepted(), expected=0)
    (stored,) = await writer.write([write])
    return Creation(stored.resource, stored.version, verdict.issues)
