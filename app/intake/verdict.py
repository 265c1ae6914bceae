"""What validation says of a resource that somebody sends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.errors import InvalidResource, Issue, MalformedJson, TooLarge
from app.fhir.elements import is_resource_type
from app.fhir.json import decode_strict
from app.fhir.served import SERVED
from app.intake.surroundings import surroundings

if TYPE_CHECKING:
    from app.fhir.resource import Json, Resource
    from app.intake.surroundings import Policy, Reader
    from app.profiles import Validator


MOST: Final = 15_000_000
"""Bytes of a resource's text; MongoDB keeps documents of up to 16 MiB."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The resource as it was read, and every issue found; it may be stored when `valid`."""

    resource: Json
    issues: tuple[Issue, ...]

    @property
    def valid(self) -> bool:
        """Whether no issue is an error."""
        return not any(issue.severity in ("error", "fatal") for issue in self.issues)

    def accepted(self) -> Resource:
        """The resource. Raises InvalidResource with every issue where it is not valid."""
        if not self.valid:
            raise InvalidResource(self.issues)
        resource: Resource = self.resource
        return resource


@dataclass(frozen=True, slots=True)
class Rules:
    """What a resource has to meet: the validator's rules, and the policy for what it refers to on this server, whose
    FHIR address is `base` ("" where it is not set).

    `unique`: a legal entity has one procedure with an idIntervention. `update_create`: an update of an id that was
    never there creates it."""

    validator: Validator
    references: Policy = "warn"
    base: str = ""
    unique: bool = True
    update_create: bool = False


async def examine(rules: Rules, reader: Reader, sent: Json, expected: str) -> Verdict:
    """The verdict of `judge` and, on a valid resource, of what the store holds around it.

    The rules are applied in a thread: a large resource does not keep other requests waiting."""
    verdict = await asyncio.to_thread(judge, rules.validator, sent, expected)
    if not verdict.valid:
        return verdict
    around = await surroundings(reader, verdict.resource, rules.references, rules.base)
    return Verdict(verdict.resource, (*verdict.issues, *around))


def judge(validator: Validator, sent: Json, expected: str | None = None) -> Verdict:
    """The verdict on a JSON value, or on a text that holds the JSON, as a resource of the expected type."""
    if isinstance(sent, str | bytes):
        if len(sent) > MOST:
            return Verdict(None, _too_large().issues)
        try:
            sent = decode_strict(sent)
        except MalformedJson as error:
            return Verdict(None, error.issues)
    return Verdict(sent, (*validator.validate(sent, expected), *_unserved(sent)))


def _too_large() -> TooLarge:
    return TooLarge(
        f"The resource is larger than {MOST} bytes, which is more than every store can keep. Split it.",
        f"La ressource dépasse {MOST} octets, plus que ce que chaque base peut garder. Divisez-la.",
    )


def _unserved(sent: Json) -> tuple[Issue, ...]:
    name = sent.get("resourceType") if isinstance(sent, dict) else None
    if name in SERVED or not isinstance(name, str) or not is_resource_type(name):
        return ()
    served = ", ".join(SERVED)
    return (
        Issue(
            "error",
            "not-supported",
            f"This server does not store that type of resource. It stores: {served}.",
            f"Ce serveur n’enregistre pas ce type de ressource. Il enregistre : {served}.",
            expression=name,
            rule="served-type",
        ),
    )
