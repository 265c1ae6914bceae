"""Whether a JSON value equals a fixed[x] or includes a pattern[x].

Source: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.fhir.resource import Json
    from app.profiles.constraint import Expected


def met(value: Json, expected: Expected) -> bool:
    """Whether a value is what a profile fixes, exactly or as a pattern."""
    return same(value, expected.value) if expected.exact else includes(value, expected.value)


def same(value: Json, fixed: Json) -> bool:
    """Equality of JSON values in which true is not 1."""
    if isinstance(fixed, dict):
        return (
            isinstance(value, dict)
            and value.keys() == fixed.keys()
            and all(same(value[key], part) for key, part in fixed.items())
        )
    if isinstance(fixed, list):
        return isinstance(value, list) and len(value) == len(fixed) and all(map(same, value, fixed))
    return isinstance(value, bool) == isinstance(fixed, bool) and bool(value == fixed)


def includes(value: Json, pattern: Json) -> bool:
    """Whether a value has all of a pattern, with anything beside it.

    Each item of a list in the pattern is met by one item of the value's list, at any position."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(includes(value.get(key), part) for key, part in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(includes(item, part) for item in value) for part in pattern)
    return same(value, pattern)
