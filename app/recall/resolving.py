"""The resources behind many references at once, one store command for each type and each way of naming.

Source: https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from app.fhir.reference import Contained, Logical, Target, parse
from app.recall.holders import holders
from app.recall.implants import items
from app.search.normal import token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.recall.reading import Reader

Placed: TypeAlias = "tuple[Json, Resource | None]"
"""A Reference and the resource that it stands in, if there is one: it may contain what is meant."""


async def resolved(reader: Reader, type_name: str, references: Sequence[Placed], base: str) -> list[Resource | None]:
    """For each reference the resource of the type that it names by id, as contained one, or by an identifier that no
    other resource has; None where there is none."""
    parsed = [parse(reference) for reference, _ in references]
    ids = {each.id for each in parsed if isinstance(each, Target) and _is_local(each, type_name, base)}
    identifiers = {token(each.system, each.value) for each in parsed if isinstance(each, Logical)}
    by_id = await reader.read(type_name, sorted(ids)) if ids else {}
    by_identifier = await identified(reader, type_name, sorted(identifiers))
    found: list[Resource | None] = []
    for each, (_, container) in zip(parsed, references, strict=True):
        match each:
            case Target() if _is_local(each, type_name, base):
                found.append(by_id.get(each.id))
            case Logical(system=system, value=value):
                found.append(by_identifier.get(token(system, value)))
            case Contained(id=id_):
                inside = items(container or {}, "contained")
                found.append(
                    next((r for r in inside if (r.get("resourceType"), r.get("id")) == (type_name, id_)), None)
                )
            case _:
                found.append(None)
    return found


async def identified(reader: Reader, type_name: str, identifiers: Sequence[str]) -> Mapping[str, Resource]:
    """The resources by those of the identifiers ("system|value") that exactly one of them has."""
    found = await holders(partial(reader.search, type_name), identifiers)
    return {text: found[text][0] for text in identifiers if len(found[text]) == 1}


def _is_local(target: Target, type_name: str, base: str) -> bool:
    return target.type == type_name and target.base in ("", base)
