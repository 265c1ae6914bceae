"""What a resource refers to on the same server, by literal references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir.reference import Target, parse
from app.fhir.served import SERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.fhir.resource import Json, Resource


def targets(resource: Resource, base: str, *, entries: bool) -> Iterator[tuple[str, str, str]]:
    """(path, type, id) of each reference to a resource of a served type here; `base` is this server's FHIR address.

    `entries`: those inside the entries of a Bundle too, which is a document of its own."""
    waiting: list[tuple[str, Json]] = [(str(resource.get("resourceType")), resource)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(f"{path}[{index}]", item) for index, item in reversed(list(enumerate(value)))]
        elif isinstance(value, dict):
            text = value.get("reference")
            target = parse(text) if isinstance(text, str) else None
            if isinstance(target, Target) and target.base in ("", base) and target.type in SERVED:
                yield path, target.type, target.id
            members = [(f"{path}.{name}", item) for name, item in value.items() if entries or name != "entry"]
            waiting += reversed(members)
