"""The invariants of R4 by type: the data types, the served resource types and Bundle.

ele-1 lives in `structure`, dom-2 to dom-5 in `contained`, ref-1 in `references`, txt-1 and txt-2 in `narrative`: each
where the walker knows what they need. Source: the constraints of https://hl7.org/fhir/R4/profilelist.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.profiles.bundle_invariants import BUNDLE_INVARIANTS
from app.profiles.datatype_invariants import DATATYPE_INVARIANTS
from app.profiles.quantity_invariants import QUANTITY_INVARIANTS, SIMPLE_QUANTITY_INVARIANTS
from app.profiles.resource_invariants import RESOURCE_INVARIANTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.profiles.invariant import Invariant

_TABLES: Final = (
    DATATYPE_INVARIANTS,
    QUANTITY_INVARIANTS,
    RESOURCE_INVARIANTS,
    BUNDLE_INVARIANTS,
    SIMPLE_QUANTITY_INVARIANTS,
)

INVARIANTS: Final[Mapping[str, tuple[Invariant, ...]]] = MappingProxyType(
    {
        type_name: tuple(invariant for table in _TABLES for invariant in table.get(type_name, ()))
        for type_name in sorted({name for table in _TABLES for name in table})
    }
)


def invariants_of(type_name: str) -> tuple[Invariant, ...]:
    """The invariants of a type, in a fixed order."""
    return INVARIANTS.get(type_name, ())
