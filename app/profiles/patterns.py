"""Whether a JSON value equals a fixed[x] or includes a pattern[x].

Source: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.fhir.resource import Json

Test: TypeAlias = "Callable[[Json], bool]"
"""Profiles are compiled once and ask millions of values, so what they ask is made into functions."""


def equals(fixed: Json) -> Test:
    """Tells whether a value equals another JSON value; true is not 1."""
    if isinstance(fixed, dict):
        parts = [(key, equals(part)) for key, part in fixed.items()]
        return lambda value: isinstance(value, dict) and value.keys() == fixed.keys() and _all_of(value, parts)
    if isinstance(fixed, list):
        tests = [equals(part) for part in fixed]
        return lambda value: (
            isinstance(value, list)
            and len(value) == len(tests)
            and all(test(item) for test, item in zip(tests, value, strict=True))
        )
    return lambda value: value == fixed and isinstance(value, bool) == isinstance(fixed, bool)


def includes(pattern: Json) -> Test:
    """Tells whether a value has all of a pattern, with anything beside it.

    Each item of a list in the pattern is met by one item of the value's list, at any position."""
    if isinstance(pattern, dict):
        parts = [(key, includes(part)) for key, part in pattern.items()]
        return lambda value: isinstance(value, dict) and _all_of(value, parts)
    if isinstance(pattern, list):
        tests = [includes(part) for part in pattern]
        return lambda value: isinstance(value, list) and all(any(map(test, value)) for test in tests)
    return equals(pattern)


def _all_of(value: dict[str, Json], parts: Sequence[tuple[str, Test]]) -> bool:
    for key, test in parts:  # noqa: SIM110 - `all` of a generator takes twice as long
        if not test(value.get(key)):
            return False
    return True
