"""The resources behind many references at once, one store command for each type and each way of naming.

Source: https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from app.fhir.reference import Contained, Logical, Target, parse
from app.recall.implants import items
from app.recall.reading import every_row
from app.search.algebra import In, Search
from app.search.normal import token
from app.search.values import search_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.recall.reading import Reader

_AT_ONCE: Final = 500  # identifiers in one command

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
    found: dict[str, Resource | None] = {}
    for start in range(0, len(identifiers), _AT_ONCE):
        search = Search(In("identifier", tuple(identifiers[start : start + _AT_ONCE])), count=2 * _AT_ONCE)
        async for row in every_row(reader, type_name, search):
            for text in search_values(row.resource).values.get("identifier", ()):
                found[text] = None if text in found else row.resource
    return {text: resource for text in identifiers if (resource := found.get(text))}


def _is_local(target: Target, type_name: str, base: str) -> bool:
    return target.type == type_name and target.base in ("", base)
