"""Whether an element is there. Source: https://hl7.org/fhir/R4/json.html#primitive"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir.elements import Element
    from app.fhir.resource import Json

_NOTHING: Final[tuple[Json, ...]] = (None, [])


def present(value: Mapping[str, Json], element: Element) -> bool:
    """Whether an element is there: by a value or, for a primitive, by extensions; a bare id is not enough."""
    if value.get(element.name) not in _NOTHING:
        return True
    return element.primitive and _extended(value.get("_" + element.name))


def _extended(sibling: Json) -> bool:
    if isinstance(sibling, list):
        return any(_extended(item) for item in sibling if isinstance(item, dict))
    return isinstance(sibling, dict) and bool(sibling.get("extension"))
