"""Elements of type string that take only some strings: Element.id and the points of SampledData.

Sources: https://hl7.org/fhir/R4/element.html, https://hl7.org/fhir/R4/datatypes.html#sampleddata
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from app.profiles.primitives import PRIMITIVES, Primitive

_STRING: Final = PRIMITIVES["string"]
_POINT: Final = r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|[EUL])"

ELEMENT_ID: Final = replace(
    _STRING,
    well_formed=re.compile(r"[^\s\x00-\x1f\ud800-\udfff]+").fullmatch,
    en="an id without white space",
    fr="un id sans espace",
)
POINTS: Final = replace(
    _STRING,
    well_formed=re.compile(rf"{_POINT}(?: {_POINT})*").fullmatch,
    en="decimal numbers, E, U or L, with one space between them",
    fr="des nombres décimaux, E, U ou L, séparés par une espace",
)


def primitive_of(type_name: str, element: str, kind: str) -> Primitive:
    """What an element of the primitive type `kind` takes; the id of a resource has a type of its own."""
    if (element, kind) == ("id", "string"):
        return ELEMENT_ID
    return POINTS if (type_name, element) == ("SampledData", "data") else PRIMITIVES[kind]
