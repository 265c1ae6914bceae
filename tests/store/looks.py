"""A last look at an erasure, as simple as can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.store.repository import Going
from tests.store.toy import named, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.store.repository import Head


@dataclass
class Look:
    """Lets those go that are still at version 1, unless something seen refers to them."""

    since: str
    seen: set[str] = field(default_factory=set)
    trail: bool = True

    def decide(
        self,
        type: str,  # noqa: A002 - FHIR's word
        heads: Mapping[str, Head],
        written: Iterable[Any],
        reached: str,
    ) -> Going:
        resources = list(written)
        self.seen |= {f"{each['resourceType']}/{each['id']}" for each in resources}
        self.since = reached
        needed = {each["subject"]["reference"] for each in resources if "subject" in each}
        going = [id_ for id_, head in heads.items() if head.version == 1 and f"{type}/{id_}" not in needed]
        return Going(going, write("trail", named("trail")) if going and self.trail else None)
